#include "models/table_sync.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/crash_point.h"
#include "core/names.h"
#include "core/sql_text.h"

namespace ingot {

namespace {

constexpr const char* kModelResult = "ingot_model_result";
constexpr const char* kModelStage = "ingot_model_stage";

char family_of(const Type& type) {
  switch (type.kind) {
    case Kind::int16:
    case Kind::int32:
    case Kind::int64:
    case Kind::float32:
    case Kind::float64:
    case Kind::decimal:
      return 'N';
    case Kind::text:
      return 'S';
    case Kind::date:
    case Kind::timestamp:
    case Kind::timestamptz:
      return 'D';
    default:
      return 'U';
  }
}

bool same_type(const std::string& a, const std::string& b) { return folded_name(a) == folded_name(b); }

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : between) + part;
  return out;
}

}  // namespace

std::string TableSync::Column::value() const {
  return same_type(result.type, there.type) ? "r." + result.name
                                            : fmt::format("CAST(r.{} AS {})", result.name, there.type);
}

// A value fits if it is the same after it was of the declared type and of the table's.
std::string TableSync::Column::inexact(const char* try_cast) const {
  const std::string place = "r." + result.name;
  const std::string declared = sql_name(spec.type);
  std::vector<std::string> conditions;
  const bool same = same_type(result.type, there.type) && same_type(result.type, declared);
  if (!same && family_of(spec.type) != 'U') {
    conditions.push_back(fmt::format("CAST({0}({0}({1} AS {2}) AS {3}) AS {4}) IS DISTINCT FROM {1}", try_cast, place,
                                     declared, there.type, result.type));
  }
  if (spec.type.max_chars > 0) conditions.push_back(fmt::format("length({}) > {}", place, spec.type.max_chars));
  return conditions.empty() ? "false" : joined(conditions, " OR ");
}

TableSync::TableSync(ModelDatabase& database, const ModelSpec& spec, const TableName& table)
    : database_(database), spec_(spec), table_(table), target_(database.sql(table)), dialect_(database.dialect()) {}

Result<ModelCounts> TableSync::run() {
  INGOT_TRY(database_.lock(table_));
  INGOT_TRY(read_result());
  INGOT_TRY(find_columns());
  INGOT_TRY(check_types());
  INGOT_TRY(check_values());
  if (spec_.key.empty()) {
    INGOT_TRY(replace_rows());
  } else {
    INGOT_TRY(check_keys());
    INGOT_TRY(match());
    if (!dialect_.nulls_join && null_keys_ > 0) INGOT_TRY(match_null_keys());
    INGOT_TRY(change_rows());
  }
  INGOT_TRY(check_books());
  crash_point("model.written");
  return counts_;
}

// On lines of its own: the query may end with a comment.
Status TableSync::read_result() {
  INGOT_ASSIGN(result_, database_.stage(kModelResult, fmt::format("SELECT * FROM (\n{}\n) q", spec_.sql)));
  crash_point("model.staged");
  return {};
}

bool TableSync::same_name(const std::string& a, const std::string& b) const {
  return dialect_.folds_names ? folded_name(a) == folded_name(b) : a == b;
}

Result<TableSync::Column> TableSync::column_of(const ModelColumn& spec, const std::vector<RelationColumn>& result,
                                               const std::vector<RelationColumn>& there) const {
  const auto find = [&](const std::vector<RelationColumn>& columns) {
    return std::find_if(columns.begin(), columns.end(),
                        [&](const RelationColumn& c) { return same_name(c.name, spec.name); });
  };
  const auto yielded = find(result);
  if (yielded == result.end()) {
    std::vector<std::string> names;
    for (const RelationColumn& column : result) names.push_back(column.name);
    return fail({Code::invalid_pipeline, fmt::format("its sql yields no column \"{}\"", spec.name),
                 "it yields " + join_names(names), spec.where});
  }
  const auto held = find(there);
  if (held == there.end())
    return fail(Code::target_refused, fmt::format("table {} has no column {}", table_.text(), spec.name));
  Column column{spec, *held, *yielded, quote_identifier(held->name), fmt::format("c{}", columns_.size()), false};
  column.result.name = quote_identifier(yielded->name);
  column.key = std::find(spec_.key.begin(), spec_.key.end(), spec.name) != spec_.key.end();
  return column;
}

Status TableSync::find_columns() {
  INGOT_ASSIGN(const auto result, database_.stage_columns(kModelResult));
  INGOT_ASSIGN(const auto table, database_.look_up(table_));
  if (!table) return fail(Code::target_refused, fmt::format("table {} is gone", table_.text()));
  for (const ModelColumn& spec : spec_.columns) {
    if (spec.generated) continue;
    INGOT_ASSIGN(Column column, column_of(spec, result, table->columns));
    columns_.push_back(std::move(column));
  }
  for (const RelationColumn& column : result) {
    const bool declared = std::any_of(columns_.begin(), columns_.end(),
                                      [&](const Column& c) { return same_name(c.spec.name, column.name); });
    if (!declared) {
      return fail({Code::invalid_pipeline,
                   fmt::format("its sql yields a column that is not declared: \"{}\"", column.name),
                   "add it to columns, or leave it out of the sql", spec_.sql_where});
    }
  }
  return {};
}

Status TableSync::check_types() const {
  for (const Column& column : columns_) {
    const char family = family_of(column.spec.type);
    const std::string& yielded = column.result.type;
    const bool same = same_type(yielded, column.there.type) || same_type(yielded, sql_name(column.spec.type));
    if (same || (family != 'U' && family == column.result.family && family == column.there.family)) continue;
    return fail({Code::invalid_pipeline,
                 fmt::format("its sql yields {} for column {}, which is declared {}", yielded, column.spec.name,
                             sql_name(column.spec.type)),
                 "cast it in the sql", column.spec.where});
  }
  return {};
}

Status TableSync::check_values() {
  std::string counts = "count(*), count(*) FILTER (WHERE " + (spec_.key.empty() ? "false" : any_key_null("r.")) + ")";
  for (const Column& column : columns_) {
    counts += fmt::format(", count(*) FILTER (WHERE {}), count(*) FILTER (WHERE {})", column.inexact(dialect_.try_cast),
                          column.spec.required ? fmt::format("r.{} IS NULL", column.result.name) : "false");
  }
  INGOT_ASSIGN(const auto numbers, database_.numbers(fmt::format("SELECT {} FROM {} r", counts, result_)));
  counts_.rows = numbers[0];
  null_keys_ = numbers[1];
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    if (const uint64_t inexact = numbers[2 + 2 * i]; inexact > 0) {
      return fail({Code::target_refused,
                   fmt::format("{} of {} values of column {} do not fit {} exactly", inexact, counts_.rows,
                               column.spec.name, sql_name(column.spec.type)),
                   "declare a wider type, or round or shorten in the sql", column.spec.where});
    }
    if (const uint64_t nulls = numbers[3 + 2 * i]; nulls > 0) {
      return fail(
          {Code::target_refused,
           fmt::format("column {} is required, and NULL in {} of {} rows", column.spec.name, nulls, counts_.rows),
           "coalesce in the sql, or take required away", column.spec.where});
    }
  }
  return {};
}

std::string TableSync::key_names() const { return fmt::format("({})", join_names(spec_.key)); }

std::string TableSync::any_key_null(const std::string& prefix) const {
  std::vector<std::string> conditions;
  for (const Column& column : columns_) {
    if (column.key) {
      const std::string& name = prefix == "r." ? column.result.name : prefix == "t." ? column.sql : column.staged;
      conditions.push_back(prefix + name + " IS NULL");
    }
  }
  return joined(conditions, " OR ");
}

Status TableSync::check_keys() {
  std::vector<std::string> keys;
  for (const Column& column : columns_) {
    if (column.key) keys.push_back(column.value());
  }
  INGOT_ASSIGN(const auto repeated, database_.numbers(fmt::format(
                                        "SELECT count(*) FROM (SELECT 1 FROM {} r GROUP BY {} HAVING count(*) > 1) q",
                                        result_, joined(keys, ", "))));
  if (repeated.front() == 0) return {};
  return fail({Code::target_refused,
               fmt::format("its sql yields {} key{} {} more than once", repeated.front(),
                           repeated.front() == 1 ? "" : "s", key_names()),
               "group by the key, or add to it what tells the rows apart", spec_.sql_where});
}

std::string TableSync::differs(const std::string& staged, const std::string& there) const {
  std::vector<std::string> conditions;
  for (const Column& column : columns_) {
    if (column.key) continue;
    const char* as = column.there.as_text ? "::text COLLATE \"C\"" : "";
    conditions.push_back(
        fmt::format("{}{}{} IS DISTINCT FROM {}{}{}", there, column.sql, as, staged, column.staged, as));
  }
  return conditions.empty() ? "false" : joined(conditions, " OR ");
}

// Each row of the result with its place in the table, where it has one.
Status TableSync::match() {
  std::vector<std::string> values;
  std::vector<std::string> same;
  for (const Column& column : columns_) {
    values.push_back(column.value() + " AS " + column.staged);
    if (column.key)
      same.push_back(
          fmt::format("v.{} {} t.{}", column.staged, dialect_.nulls_join ? "IS NOT DISTINCT FROM" : "=", column.sql));
  }
  INGOT_ASSIGN(stage_,
               database_.stage(kModelStage, fmt::format("SELECT v.*, t.{} AS ingot_there, ({}) AS ingot_differs FROM "
                                                        "(SELECT {} FROM {} r) v LEFT JOIN {} t ON {}",
                                                        dialect_.row_id, differs("v.", "t."), joined(values, ", "),
                                                        result_, target_, joined(same, " AND "))));
  INGOT_ASSIGN(const auto staged, database_.numbers(fmt::format("SELECT count(*) FROM {}", stage_)));
  if (staged.front() == counts_.rows) return {};
  return fail(Code::target_refused, fmt::format("table {} holds a key more than once {}", table_.text(), key_names()),
              "delete the surplus rows; or drop the table, and it is made anew");
}

// Where = does not find NULLs: a comparison of whole rows does, and can be sorted.
Status TableSync::match_null_keys() {
  std::vector<std::string> staged;
  std::vector<std::string> there;
  for (const Column& column : columns_) {
    if (!column.key) continue;
    staged.push_back("s." + column.staged);
    there.push_back(fmt::format("CAST(t.{} AS {})", column.sql, column.there.type));
  }
  return database_.run(fmt::format(
      "UPDATE {0} u SET ingot_there = t.ingot_row, ingot_differs = ({1}) FROM (SELECT s.{2} AS ingot_row, ROW({3}) AS "
      "ingot_key FROM {0} s WHERE {4}) s, (SELECT t.{2} AS ingot_row, ROW({5}) AS ingot_key, t.* FROM {6} t WHERE {7}) "
      "t WHERE u.{2} = s.ingot_row AND s.ingot_key = t.ingot_key",
      stage_, differs("u.", "t."), dialect_.row_id, joined(staged, ", "), any_key_null("s."), joined(there, ", "),
      target_, any_key_null("t.")));
}

std::string TableSync::insert_sql(const std::string& values) const {
  std::vector<std::string> names;
  std::string generated;
  for (const Column& column : columns_) names.push_back(column.sql);
  for (const ModelColumn& column : spec_.columns) {
    if (!column.generated) continue;
    names.push_back(quote_identifier(column.name));
    generated += ", gen_random_uuid()";
  }
  return fmt::format("INSERT INTO {} ({}) SELECT {}{} FROM", target_, joined(names, ", "), values, generated);
}

// Deleting comes first: it moves no rows, and what is inserted may need the values that go.
Status TableSync::change_rows() {
  INGOT_ASSIGN(const auto numbers, database_.numbers(fmt::format(
                                       "SELECT count(ingot_there), count(*) FILTER (WHERE ingot_there IS NOT NULL "
                                       "AND ingot_differs) FROM {}",
                                       stage_)));
  if (spec_.materialized == Materialized::table) {
    INGOT_ASSIGN(counts_.deleted,
                 database_.change(fmt::format("DELETE FROM {0} AS t WHERE NOT EXISTS (SELECT 1 FROM {1} s WHERE "
                                              "s.ingot_there = t.{2})",
                                              target_, stage_, dialect_.row_id)));
  }
  std::vector<std::string> assignments;
  std::vector<std::string> values;
  for (const Column& column : columns_) {
    values.push_back("s." + column.staged);
    if (!column.key) assignments.push_back(fmt::format("{} = s.{}", column.sql, column.staged));
  }
  if (numbers[1] > 0) {
    INGOT_ASSIGN(counts_.updated,
                 database_.change(fmt::format("UPDATE {} AS t SET {} FROM {} s WHERE s.ingot_there = t.{} AND "
                                              "s.ingot_differs",
                                              target_, joined(assignments, ", "), stage_, dialect_.row_id)));
  }
  INGOT_ASSIGN(counts_.inserted, database_.change(fmt::format("{} {} s WHERE s.ingot_there IS NULL",
                                                              insert_sql(joined(values, ", ")), stage_)));
  counts_.unchanged = numbers[0] - numbers[1];
  return {};
}

Status TableSync::replace_rows() {
  std::vector<std::string> values;
  for (const Column& column : columns_) values.push_back(column.value());
  INGOT_ASSIGN(counts_.deleted, database_.change("DELETE FROM " + target_));
  INGOT_ASSIGN(counts_.inserted, database_.change(fmt::format("{} {} r", insert_sql(joined(values, ", ")), result_)));
  return {};
}

Status TableSync::check_books() {
  INGOT_ASSIGN(const auto held, database_.numbers("SELECT count(*) FROM " + target_));
  const uint64_t placed = counts_.inserted + counts_.updated + counts_.unchanged;
  const bool all = held.front() == counts_.rows || spec_.materialized == Materialized::incremental;
  if (all && placed == counts_.rows) return {};
  return fail(Code::books_broken,
              fmt::format("its sql yields {} rows, {} were placed, and table {} now holds {}", counts_.rows, placed,
                          table_.text(), held.front()),
              "a trigger or a policy of the table may suppress rows");
}

}  // namespace ingot
