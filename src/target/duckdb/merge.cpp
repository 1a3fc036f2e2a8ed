#include "target/duckdb/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "core/crash_point.h"
#include "core/sql_text.h"
#include "embedded/sql.h"
#include "spec/history.h"
#include "target/duckdb/conditions.h"
#include "target/duckdb/probe.h"

namespace ingot {

namespace {

/// One merge. Small tables say of each record by its number whether the table holds its key and whether that row
/// differs, so that wide rows are joined once.
class Merge {
 public:
  Merge(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec, bool ordered)
      : connection_(connection),
        table_(table),
        spec_(spec),
        ordered_(ordered),
        versions_(rules_of(spec.mode).versions) {}

  Status run(LoadResult& result) {
    INGOT_TRY(look());
    INGOT_TRY(count(result));
    if (to_update_ > 0) {
      // What UPDATE changes DuckDB keeps in memory until the commit; what is deleted and inserted it does not. A unique
      // index would take the new row for a second one.
      INGOT_TRY(table_.has_unique_index() ? update() : put_anew());
      crash_point("duckdb.updated");
    }
    INGOT_TRY(insert());
    return run_sql(connection_, fmt::format("DROP TABLE {}", kPlaces));
  }

 private:
  static constexpr const char* kPlaces = "temp.main.ingot_places";
  static constexpr const char* kAnew = "temp.main.ingot_anew";

  Result<uint64_t> change(const std::string& sql) {
    INGOT_ASSIGN(const int64_t rows, query_number(connection_, sql, Code::target_refused));
    return static_cast<uint64_t>(rows);
  }

  Status change_exactly(uint64_t expected, const char* what, const std::string& sql) {
    INGOT_ASSIGN(const uint64_t rows, change(sql));
    if (rows == expected) return {};
    return fail(Code::books_broken, fmt::format("{} rows were to be {}, {} were", expected, what, rows));
  }

  // One place a record: were there more, the table has a key twice.
  Status look() {
    INGOT_ASSIGN(const uint64_t places,
                 change(fmt::format(
                     "CREATE OR REPLACE TEMP TABLE ingot_places AS SELECT s.__rec AS rec, s.__unit AS unit, "
                     "t.{0} IS NOT NULL AS held, t.{0} IS NOT NULL AND ({1}) AS differs FROM {2} s LEFT JOIN {3} "
                     "t ON {4}",
                     quote_identifier(spec_.key.front()), differs(spec_), kStage, table_.sql(), same_key(spec_))));
    INGOT_ASSIGN(staged_, change(fmt::format("SELECT count(*) FROM {}", kStage)));
    if (places == staged_) return {};
    return fail(repeated_keys(connection_, table_, spec_));
  }

  Status count(LoadResult& result) {
    INGOT_ASSIGN(const auto books,
                 query_sql(connection_, fmt::format("SELECT unit, count(*), count(*) FILTER (held), count(*) FILTER "
                                                    "(differs) FROM {} GROUP BY 1 ORDER BY 1",
                                                    kPlaces)));
    for (size_t i = 0; i < books->RowCount(); ++i) {
      const auto number = [&](size_t column) { return books->GetValue(column, i).GetValue<uint64_t>(); };
      auto& unit =
          result.units.emplace_back(LoadResult::PerUnit{books->GetValue(0, i).GetValue<uint32_t>(), 0, 0, 0, 0});
      unit.inserted = number(1) - number(2);
      unit.updated = number(3);
      unit.unchanged = number(2) - number(3);
      to_update_ += unit.updated;
      to_insert_ += unit.inserted;
    }
    if (versions_) to_insert_ += to_update_;  // the version that was closed has a successor
    return {};
  }

  std::string differing() const {
    return fmt::format("(SELECT s.* FROM {} s SEMI JOIN (SELECT rec FROM {} WHERE differs) p ON p.rec = s.__rec) s",
                       kStage, kPlaces);
  }

  Status update() {
    if (const std::string apart = separations(spec_); !apart.empty()) {
      INGOT_TRY(run_sql(
          connection_,
          fmt::format("UPDATE {} AS t SET {} FROM {} WHERE {}", table_.sql(), apart, differing(), same_key(spec_)),
          Code::target_refused));
    }
    return change_exactly(to_update_, "updated",
                          fmt::format("UPDATE {} AS t SET {} FROM {} WHERE {}", table_.sql(), assignments(spec_),
                                      differing(), same_key(spec_)));
  }

  // Rows of which the load gives all columns come with the new ones; of others the rest is kept.
  Status put_anew() {
    std::string columns;
    std::string values;
    bool keeps = versions_;
    for (const DuckDbColumn& column : table_.columns) {
      if (column.generated) continue;
      keeps = keeps || !given(column);
      columns += (columns.empty() ? "" : ", ") + quote_identifier(column.name);
      values += fmt::format("{}{} AS {}", values.empty() ? "" : ", ", new_value(column), quote_identifier(column.name));
    }
    if (keeps) {
      INGOT_TRY(
          change_exactly(to_update_, "updated",
                         fmt::format("CREATE OR REPLACE TEMP TABLE ingot_anew AS SELECT {} FROM {} JOIN {} t ON {}",
                                     values, differing(), table_.sql(), same_key(spec_))));
    }
    INGOT_TRY(change_exactly(
        to_update_, "updated",
        fmt::format("DELETE FROM {} AS t USING {} WHERE {}", table_.sql(), differing(), same_key(spec_))));
    if (!keeps) {
      with_differing_ = true;
      to_insert_ += to_update_;
      return {};
    }
    INGOT_TRY(change_exactly(to_update_, "updated",
                             fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {2}", table_.sql(), columns, kAnew)));
    return run_sql(connection_, fmt::format("DROP TABLE {}", kAnew));
  }

  bool given(const DuckDbColumn& column) const {
    return std::any_of(spec_.columns.begin(), spec_.columns.end(),
                       [&](const ColumnSpec& c) { return duckdb::StringUtil::CIEquals(c.name, column.name); });
  }

  bool is_key(const DuckDbColumn& column) const {
    return std::any_of(spec_.key.begin(), spec_.key.end(),
                       [&](const std::string& key) { return duckdb::StringUtil::CIEquals(key, column.name); });
  }

  // As assignments() has it.
  std::string new_value(const DuckDbColumn& column) const {
    const std::string name = quote_identifier(column.name);
    if (!versions_) return (given(column) && !is_key(column) ? "s." : "t.") + name;
    return duckdb::StringUtil::CIEquals(column.name, kValidTo) ? fmt::format("s.{}", kValidFrom) : "t." + name;
  }

  Status insert() {
    if (to_insert_ == 0) return {};
    std::string which;
    if (to_insert_ < staged_) {
      which = fmt::format(" SEMI JOIN (SELECT rec FROM {} WHERE NOT held{}) p ON p.rec = s.__rec", kPlaces,
                          versions_ || with_differing_ ? " OR differs" : "");
    }
    return change_exactly(to_insert_, "inserted",
                          fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} s{}{}", table_.sql(), column_list(spec_),
                                      column_list(spec_, "s."), kStage, which, ordered_ ? " ORDER BY s.__rec" : ""));
  }

  duckdb::Connection& connection_;
  const DuckDbTable& table_;
  const TableSpec& spec_;
  const bool ordered_;
  const bool versions_;
  bool with_differing_ = false;  ///< the rows that differ are deleted, and inserted with the new ones
  uint64_t staged_ = 0;
  uint64_t to_update_ = 0;
  uint64_t to_insert_ = 0;
};

}  // namespace

Status merge_staged(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec, bool ordered,
                    LoadResult& result) {
  return Merge(connection, table, spec, ordered).run(result);
}

Error repeated_keys(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec) {
  const bool versions = rules_of(spec.mode).versions;
  const auto keys = query_number(connection, fmt::format("SELECT count(*) FROM (SELECT s.__rec FROM {} s JOIN {} t ON "
                                                         "{} GROUP BY 1 HAVING count(*) > 1)",
                                                         kStage, table.sql(), same_key(spec)));
  if (!keys) return keys.error();
  return {
      Code::target_refused,
      fmt::format("table {} has more than one {}row of {} key{} of this load", table.name.text(),
                  versions ? "current " : "", *keys, *keys == 1 ? "" : "s"),
      fmt::format("SELECT {} FROM {}{} GROUP BY ALL HAVING count(*) > 1 finds them: {}", quoted_list(spec.key),
                  table.name.sql(), versions ? fmt::format(" WHERE {} IS NULL", kValidTo) : "",
                  versions ? fmt::format("give all but the last of each a {}", kValidTo) : "delete the surplus rows"),
      spec.where};
}

}  // namespace ingot
