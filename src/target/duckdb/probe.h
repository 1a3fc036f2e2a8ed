#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <string>
#include <vector>

#include "target/duckdb/table_info.h"
#include "target/target.h"

namespace ingot {

/// The temporary table that rows are staged in: the contract's columns, __delete where there are tombstones, then
/// __unit, __rec, __offset, __length, __line.
inline constexpr const char* kStage = "temp.main.ingot_stage";

/// Could one of the table's constraints refuse a row that the contract let through?
bool may_refuse(const DuckDbTable& table, const TableSpec& spec, bool key_is_resolved);

/// Removes from the stage every row that NOT NULL, CHECK and FOREIGN KEY constraints refuse, and adds them to
/// `refused`.
Status probe_row_constraints(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec,
                             std::vector<RefusedRow>& refused);

/// Likewise for PRIMARY KEY and UNIQUE, as if the rows were applied one after the other by __rec. In keyed modes the
/// key's own constraint is left out, and a value held by the row's own key in the target is no conflict.
Status probe_unique_constraints(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec,
                                std::vector<RefusedRow>& refused);

}  // namespace ingot
