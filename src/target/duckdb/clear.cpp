#include "target/duckdb/clear.h"

#include <fmt/format.h>

#include "core/crash_point.h"
#include "core/sql_text.h"
#include "embedded/sql.h"
#include "target/duckdb/conditions.h"
#include "target/duckdb/merge.h"
#include "target/duckdb/probe.h"
#include "target/earlier_rows.h"

namespace ingot {

Result<uint64_t> clear_table(duckdb::Connection& connection, const DuckDbTable& table) {
  INGOT_ASSIGN(const int64_t rows,
               query_number(connection, fmt::format("DELETE FROM {}", table.sql()), Code::target_refused));
  crash_point("duckdb.cleared");
  return static_cast<uint64_t>(rows);
}

Result<uint64_t> take_back_rows(duckdb::Connection& connection, const DuckDbTable& table, const Claim& claim,
                                const std::vector<uint32_t>& units) {
  const EarlierRows earlier = earlier_rows(claim, units, table.sql());
  INGOT_ASSIGN(const auto lost, query_sql(connection, earlier.untraceable, Code::target_refused));
  if (lost->RowCount() > 0) return fail(untraceable_rows(table.name.text(), lost->GetValue(0, 0).ToString()));
  INGOT_ASSIGN(const int64_t rows,
               query_number(connection, fmt::format("DELETE FROM {} WHERE {}", table.sql(), earlier.condition),
                            Code::target_refused));
  crash_point("duckdb.taken_back");
  return static_cast<uint64_t>(rows);
}

Status clear_partitions(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec,
                        LoadResult& result) {
  std::string same;
  for (const std::string& name : spec.partition_by) {
    same += fmt::format("{0}p.{1} IS NOT DISTINCT FROM t.{1}", same.empty() ? "" : " AND ", quote_identifier(name));
  }
  INGOT_ASSIGN(
      const int64_t deleted,
      query_number(connection,
                   fmt::format("DELETE FROM {} AS t WHERE EXISTS (SELECT 1 FROM (SELECT DISTINCT {} FROM {}) p "
                               "WHERE {})",
                               table.sql(), quoted_list(spec.partition_by), kStage, same),
                   Code::target_refused));
  result.deleted += static_cast<uint64_t>(deleted);
  result.cleared += static_cast<uint64_t>(deleted);
  crash_point("duckdb.cleared");
  return {};
}

Status bury(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec, LoadResult& result) {
  const std::string target = table.sql();
  INGOT_ASSIGN(const auto books,
               query_sql(connection, fmt::format("SELECT s.__unit, count(*), count(t.{0}) FROM {1} s LEFT JOIN {2} t "
                                                 "ON {3} WHERE s.__delete GROUP BY 1 ORDER BY 1",
                                                 quote_identifier(spec.key.front()), kStage, target, same_key(spec))));
  uint64_t found = 0;
  uint64_t to_delete = 0;
  for (size_t i = 0; i < books->RowCount(); ++i) {
    const auto all = books->GetValue(1, i).GetValue<uint64_t>();
    const auto there = books->GetValue(2, i).GetValue<uint64_t>();
    result.units.push_back({books->GetValue(0, i).GetValue<uint32_t>(), 0, there, all - there, 0});
    found += all;
    to_delete += there;
    result.tombstones += all;
  }
  INGOT_ASSIGN(const int64_t tombstones,
               query_number(connection, fmt::format("SELECT count(*) FROM {} WHERE __delete", kStage)));
  if (found != static_cast<uint64_t>(tombstones)) return fail(repeated_keys(connection, table, spec));
  const std::string which = fmt::format("{} s WHERE s.__delete AND {}", kStage, same_key(spec));
  const std::string deletion = rules_of(spec.mode).versions
                                   ? fmt::format("UPDATE {} AS t SET {} FROM {}", target, assignments(spec), which)
                                   : fmt::format("DELETE FROM {} AS t USING {}", target, which);
  INGOT_ASSIGN(const int64_t deleted, query_number(connection, deletion, Code::target_refused));
  if (static_cast<uint64_t>(deleted) != to_delete)
    return fail(Code::books_broken, fmt::format("{} rows were to be deleted, {} were", to_delete, deleted));
  result.deleted += to_delete;
  crash_point("duckdb.buried");
  return run_sql(connection, fmt::format("DELETE FROM {} WHERE __delete", kStage));
}

}  // namespace ingot
