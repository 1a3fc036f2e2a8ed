#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <string>

#include "core/error.h"

namespace ingot {

/// Runs a statement on the embedded DuckDB. Its error becomes `code`, except that out of memory and disk full become
/// resource, and an interruption interrupted.
Status run_sql(duckdb::Connection& connection, const std::string& sql, Code code = Code::internal);

/// Runs a query and returns its rows.
Result<duckdb::unique_ptr<duckdb::MaterializedQueryResult>> query_sql(duckdb::Connection& connection,
                                                                      const std::string& sql,
                                                                      Code code = Code::internal);

/// Runs a query whose result is one number.
Result<int64_t> query_number(duckdb::Connection& connection, const std::string& sql, Code code = Code::internal);

/// Turns DuckDB's error into ours; values that it prints are left out.
Error error_of(const duckdb::ErrorData& error, Code code);

}  // namespace ingot
