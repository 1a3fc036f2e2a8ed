#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <vector>

#include "target/duckdb/table_info.h"
#include "target/target.h"

namespace ingot {

/// What a load deletes, in the transaction that inserts its rows.

/// Deletes all rows and returns how many there were.
Result<uint64_t> clear_table(duckdb::Connection& connection, const DuckDbTable& table);

/// Deletes what the units' files brought when they were loaded before, and returns how many rows. Error conflict: rows
/// that cannot be told to be theirs.
Result<uint64_t> take_back_rows(duckdb::Connection& connection, const DuckDbTable& table, const Claim& claim,
                                const std::vector<uint32_t>& units);

/// Deletes the partitions that the stage has rows of, NULL being a value like any other; counts them as deleted.
Status clear_partitions(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec,
                        LoadResult& result);

/// Does what the stage's tombstones say, and takes them out of it: the row of their key is deleted, or
/// closed where versions are kept (*updated*), or was not there (*unchanged*).
Status bury(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec, LoadResult& result);

}  // namespace ingot
