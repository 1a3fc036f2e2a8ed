#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <string>
#include <vector>

#include "target/target.h"

namespace ingot {

/// Removes from the stage every record of a replay whose row in the target differs and is not known to have been
/// written by an earlier record, and adds them to `refused` as conflicts. `differs`: the condition under which the row
/// `t` of the target has the key of the row `s` of the stage, and other data.
Status probe_later_records(duckdb::Connection& connection, const TableSpec& spec, const std::string& target,
                           const std::vector<ReplayOrder>& replay, const std::string& differs,
                           std::vector<RefusedRow>& refused);

}  // namespace ingot
