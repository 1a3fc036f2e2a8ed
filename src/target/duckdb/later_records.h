#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <string>
#include <vector>

#include "target/target.h"

namespace ingot {

/// Removes from the stage every record of a replay that a later one may have overtaken (target/replay_order.h), and
/// adds them to `refused` as conflicts.
Status probe_later_records(duckdb::Connection& connection, const TableSpec& spec, const std::string& target,
                           const std::vector<ReplayOrder>& replay, std::vector<RefusedRow>& refused);

}  // namespace ingot
