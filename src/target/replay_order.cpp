#include "target/replay_order.h"

#include <fmt/format.h>

#include <algorithm>

namespace ingot {

bool lineage_of(const TableSpec& spec) {
  return std::any_of(spec.columns.begin(), spec.columns.end(), [](const ColumnSpec& column) { return column.lineage; });
}

std::string replay_orders(const std::vector<ReplayOrder>& replay) {
  std::string rows;
  for (const ReplayOrder& order : replay) {
    rows += fmt::format("{}({}, CAST({} AS bigint), {}, {}, {})", rows.empty() ? "" : ", ", order.unit, order.run,
                        order.read_unit, order.doubtful, order.deletions);
  }
  return fmt::format("(VALUES {}) o(unit, run, read_unit, doubtful, deletions)", rows);
}

std::string written_earlier(Keep keep, const std::string& run, const std::string& unit, const std::string& offset) {
  const std::string before = fmt::format(
      "NOT o.doubtful AND t._ingot_run IS NOT NULL AND (t._ingot_run < o.run OR t._ingot_run = o.run AND "
      "(t._ingot_unit "
      "< o.read_unit OR t._ingot_unit = o.read_unit AND t._ingot_offset < {}))",
      offset);
  const std::string condition = keep == Keep::first
                                    ? before + " AND t._ingot_run <> o.run"
                                    : fmt::format("{} OR t._ingot_run = {} AND t._ingot_unit < {}", before, run, unit);
  return fmt::format("coalesce({}, false)", condition);
}

std::string is_conflict(const ConflictSql& sql) {
  return fmt::format("CASE WHEN {0} THEN ({1} OR {2}) AND NOT ({3}) ELSE o.deletions AND NOT {1} END", sql.there,
                     sql.tombstone, sql.differs, sql.earlier);
}

}  // namespace ingot
