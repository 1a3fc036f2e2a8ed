#pragma once

// Includes DuckDB.

#include <duckdb.hpp>

#include "target/duckdb/table_info.h"
#include "target/target.h"

namespace ingot {

/// Merges the stage, which holds one record of each key, into the table: what is new is inserted, what differs changed
/// (where versions are kept: closed and succeeded). Adds the counts to `result`. `ordered`: in the order of records.
/// Error target_refused: the table has a key of the stage more than once.
Status merge_staged(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec, bool ordered,
                    LoadResult& result);

/// The error for keys of the stage that the table has more than once (where versions are kept: current rows of them).
Error repeated_keys(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec);

}  // namespace ingot
