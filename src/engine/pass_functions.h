#pragma once

#include <duckdb.hpp>
#include <duckdb/common/types/column/column_data_collection.hpp>

namespace ingot {

/// What a pass has passed on of records that go to several tables, or other rows that are held outside of any of
/// DuckDB's tables; they may be spilled.
struct RoutedRecords {
  duckdb::vector<duckdb::string> names;  ///< of the columns
  duckdb::unique_ptr<duckdb::ColumnDataCollection> rows;
};

/// Add ingot_scan, ingot_sieve and ingot_routed to a database; within a transaction of `connection`.
void register_scan_function(duckdb::Connection& connection);
void register_sieve_function(duckdb::Connection& connection);
void register_routed_function(duckdb::Connection& connection);

}  // namespace ingot
