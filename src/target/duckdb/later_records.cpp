#include "target/duckdb/later_records.h"

#include <fmt/format.h>

#include "core/sql_text.h"
#include "embedded/sql.h"
#include "target/duckdb/conditions.h"
#include "target/duckdb/probe.h"
#include "target/replay_order.h"

namespace ingot {

Status probe_later_records(duckdb::Connection& connection, const TableSpec& spec, const std::string& target,
                           const std::vector<ReplayOrder>& replay, std::vector<RefusedRow>& refused) {
  const auto lineage = lineage_of(spec);
  const ConflictSql conflict{fmt::format("t.{} IS NOT NULL", quote_identifier(spec.key.front())),
                             spec.delete_when ? "s.__delete" : "false", fmt::format("({})", differs(spec)),
                             lineage ? written_earlier(spec.keep, "s._ingot_run", "s.__unit", "s.__offset") : "false"};
  INGOT_ASSIGN(
      const auto found,
      query_sql(connection,
                fmt::format("SELECT s.__rec, s.__unit, s.__offset, s.__length, s.__line, {} FROM {} s JOIN {} ON "
                            "o.unit = s.__unit LEFT JOIN {} t ON {} WHERE {}",
                            lineage ? "coalesce('r' || t._ingot_run, '')" : "''", kStage, replay_orders(replay), target,
                            same_key(spec), is_conflict(conflict)),
                Code::target_refused));
  if (found->RowCount() == 0) return {};
  std::string records;
  for (const auto& row : found->Collection().GetRows()) {
    RefusedRow& out = refused.emplace_back();
    out.unit = row.GetValue(1).GetValue<uint32_t>();
    out.offset = row.GetValue(2).GetValue<uint64_t>();
    out.length = row.GetValue(3).GetValue<uint64_t>();
    out.line = row.GetValue(4).GetValue<uint64_t>();
    out.fault = Fault::conflict;
    out.detail = row.GetValue(5).ToString();
    records += fmt::format("{}{}", records.empty() ? "" : ",", row.GetValue(0).GetValue<uint64_t>());
  }
  return run_sql(connection,
                 fmt::format("DELETE FROM {} WHERE __rec IN (SELECT unnest([{}]::UBIGINT[]))", kStage, records));
}

}  // namespace ingot
