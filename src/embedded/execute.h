#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <string>

#include "core/error.h"

namespace ingot {

/// Runs one statement or several, until one fails, and returns the last one's result, which may be an error. Sleeps
/// while DuckDB's workers have all there is to do, where `Connection::Query` asks them again and again. May throw.
duckdb::unique_ptr<duckdb::MaterializedQueryResult> execute(duckdb::Connection& connection, const std::string& sql,
                                                            duckdb::QueryParameters parameters = {});

/// Runs a query and returns its rows; they count as DuckDB's memory and may be spilled. Errors: as query_sql().
Result<duckdb::unique_ptr<duckdb::MaterializedQueryResult>> query_to_spill(duckdb::Connection& connection,
                                                                           const std::string& sql);

}  // namespace ingot
