#include "target/duckdb/later_records.h"

#include <fmt/format.h>

#include "embedded/sql.h"
#include "target/duckdb/probe.h"
#include "target/replay_order.h"

namespace ingot {

Status probe_later_records(duckdb::Connection& connection, const TableSpec& spec, const std::string& target,
                           const std::vector<ReplayOrder>& replay, const std::string& differs,
                           std::vector<RefusedRow>& refused) {
  const auto lineage = lineage_of(spec);
  INGOT_ASSIGN(
      const auto found,
      query_sql(connection,
                fmt::format("SELECT s.__rec, s.__unit, s.__offset, s.__length, s.__line, {} FROM {} s JOIN {} t ON {} "
                            "JOIN {} ON o.unit = s.__unit WHERE NOT ({})",
                            lineage ? "coalesce('r' || t._ingot_run, '')" : "''", kStage, target, differs,
                            replay_orders(replay),
                            lineage ? written_earlier(spec.keep, "s._ingot_run", "s.__unit", "s.__offset") : "false"),
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
