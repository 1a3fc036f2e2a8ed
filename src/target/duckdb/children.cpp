#include "target/duckdb/children.h"

#include <fmt/format.h>

#include <map>

#include "core/crash_point.h"
#include "core/sql_text.h"
#include "embedded/sql.h"
#include "target/duckdb/conditions.h"
#include "target/duckdb/probe.h"

namespace ingot {

namespace {

constexpr const char* kChanged = "temp.main.ingot_changed";

std::string held_keys(const TableSpec& parent) { return quote_identifier("ingot_held " + parent.name); }

// What tells rows apart: all that the user declared, the key first.
std::string compared_columns(const TableSpec& spec) {
  std::string list;
  for (const ColumnSpec& column : spec.columns) {
    if (!column.declared()) continue;
    // A month equals 30 days, but is not the same.
    const char* as = column.type.kind == Kind::interval ? "::VARCHAR" : "";
    list += fmt::format("{0}{1}{2} AS {1}", list.empty() ? "" : ", ", quote_identifier(column.name), as);
  }
  return list;
}

/// The rows of one load of a child table.
class Children {
 public:
  Children(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec, bool ordered)
      : connection_(connection), table_(table), spec_(spec), key_(quoted_list(spec.child->key)), ordered_(ordered) {}

  Status replace(LoadResult& result) {
    const std::string there =
        fmt::format("(SELECT * FROM {} SEMI JOIN (SELECT {} FROM {} WHERE __delete) k USING ({}))", table_.sql(), key_,
                    kStage, key_);
    INGOT_ASSIGN(const int64_t held, number(fmt::format("SELECT count(*) FROM {}", there)));
    if (held == 0) return insert("", result);
    const std::string columns = compared_columns(spec_);
    const std::string before = fmt::format("SELECT {} FROM {}", columns, there);
    const std::string after = fmt::format("SELECT {} FROM {} WHERE NOT __delete", columns, kStage);
    INGOT_TRY(run_sql(connection_,
                      fmt::format("CREATE OR REPLACE TEMP TABLE ingot_changed AS SELECT DISTINCT {0} FROM (({1} EXCEPT "
                                  "ALL {2}) UNION ALL ({2} EXCEPT ALL {1}))",
                                  key_, before, after)));
    INGOT_ASSIGN(const int64_t deleted,
                 number(fmt::format("DELETE FROM {} AS t USING {} c WHERE {}", table_.sql(), kChanged, same_key())));
    result.deleted += static_cast<uint64_t>(deleted);
    crash_point("duckdb.children_deleted");
    INGOT_TRY(insert(fmt::format(" SEMI JOIN {} c USING ({})", kChanged, key_), result));
    return run_sql(connection_, fmt::format("DROP TABLE {}", kChanged));
  }

  // Keys of unlike types would be cast to one another, and '05' be equal to 5.
  Status check_key_types(const TableSpec& parent) {
    INGOT_ASSIGN(const TableName name, parse_table_name(parent.name));
    INGOT_ASSIGN(const auto there, look_up_table(connection_, name));
    for (size_t i = 0; there && i < spec_.child->key.size(); ++i) {
      const DuckDbColumn* theirs = there->find(parent.key[i]);
      const DuckDbColumn* ours = table_.find(spec_.child->key[i]);
      if (!theirs || !ours || theirs->type == ours->type) continue;
      return fail(Code::target_refused,
                  fmt::format("column {} of table {} is {}, and {} of its parent {} is {}", spec_.child->key[i],
                              table_.name.text(), ours->type, parent.key[i], there->name.text(), theirs->type),
                  "a child carries its parent's key: give both columns one type");
    }
    return {};
  }

  Status insert_new(const TableSpec& parent, LoadResult& result) {
    INGOT_TRY(check_key_types(parent));
    const std::string held = fmt::format("temp.main.{}", held_keys(parent));
    std::string same;
    for (size_t i = 0; i < spec_.child->key.size(); ++i) {
      same += fmt::format("{}h.{} = s.{}", i == 0 ? "" : " AND ", quote_identifier(parent.key[i]),
                          quote_identifier(spec_.child->key[i]));
    }
    return insert(fmt::format(" ANTI JOIN {} h ON {}", held, same), result, true);
  }

 private:
  Result<int64_t> number(const std::string& sql) { return query_number(connection_, sql, Code::target_refused); }

  std::string same_key() const {
    std::string same;
    for (const std::string& name : spec_.child->key)
      same += fmt::format("{0}t.{1} = c.{1}", same.empty() ? "" : " AND ", quote_identifier(name));
    return same;
  }

  // Those rows of the stage that `which`, a join, lets through; the others are as the table has them already, or are
  // not wanted (`rest_is_void`).
  Status insert(const std::string& which, LoadResult& result, bool rest_is_void = false) {
    std::map<uint32_t, LoadResult::PerUnit> units;
    uint64_t rows = 0;
    const std::string wanted = fmt::format("(SELECT s.* FROM {} s{} WHERE NOT s.__delete)", kStage, which);
    INGOT_TRY(count(fmt::format("(SELECT * FROM {} WHERE NOT __delete)", kStage), [&](uint32_t unit, uint64_t count) {
      units[unit].unit = unit;
      if (!rest_is_void) units[unit].unchanged = count;
    }));
    INGOT_TRY(count(wanted, [&](uint32_t unit, uint64_t count) {
      units[unit].inserted = count;
      if (!rest_is_void) units[unit].unchanged -= count;
      rows += count;
    }));
    INGOT_ASSIGN(const int64_t inserted,
                 number(fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} s{}", table_.sql(), column_list(spec_),
                                    column_list(spec_, "s."), wanted, ordered_ ? " ORDER BY s.__rec" : "")));
    if (static_cast<uint64_t>(inserted) != rows)
      return fail(Code::books_broken, fmt::format("{} rows were to be inserted, {} were", rows, inserted));
    for (const auto& [unit, counts] : units) result.units.push_back(counts);
    crash_point("duckdb.children_inserted");
    return {};
  }

  template <class Take>
  Status count(const std::string& rows, Take take) {
    INGOT_ASSIGN(const auto counts,
                 query_sql(connection_, fmt::format("SELECT __unit, count(*) FROM {} GROUP BY 1 ORDER BY 1", rows)));
    for (size_t i = 0; i < counts->RowCount(); ++i)
      take(counts->GetValue(0, i).GetValue<uint32_t>(), counts->GetValue(1, i).GetValue<uint64_t>());
    return {};
  }

  duckdb::Connection& connection_;
  const DuckDbTable& table_;
  const TableSpec& spec_;
  const std::string key_;
  const bool ordered_;
};

}  // namespace

Status replace_children(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec, bool ordered,
                        LoadResult& result) {
  return Children(connection, table, spec, ordered).replace(result);
}

Result<std::string> remember_held_keys(const TableSpec& parent, const DuckDbTable& target, const std::string& select) {
  const std::string key = quoted_list(parent.key);
  INGOT_ASSIGN(const std::string casts, target.cast_list(parent.key));
  return fmt::format(
      "CREATE OR REPLACE TEMP TABLE {} AS SELECT DISTINCT {} FROM {} t SEMI JOIN (SELECT {} FROM ({})) s USING ({})",
      held_keys(parent), key, target.sql(), casts, select, key);
}

Status insert_new_children(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec,
                           const TableSpec& parent, bool ordered, LoadResult& result) {
  return Children(connection, table, spec, ordered).insert_new(parent, result);
}

}  // namespace ingot
