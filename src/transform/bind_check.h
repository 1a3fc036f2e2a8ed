#pragma once

// Includes DuckDB: binds expressions without running them.

#include <duckdb.hpp>
#include <string>
#include <vector>

#include "core/error.h"
#include "format/format.h"

namespace ingot {

/// Returns a relation without meaning that has the scan's columns and `slots`, for binding: `(SELECT NULL::UINTEGER AS
/// "__unit", …)`.
std::string stand_in_relation(const std::vector<Slot>& slots);

/// Binds `sql`, an expression over the scan's columns, and returns its type. Refuses, in words of the pipeline:
/// what does not bind; conversions that DuckDB would slip in and that can lose something (text as a number, json as
/// text, a rounding); constants that do not fit. Errors: invalid_pipeline, without a place.
Result<duckdb::LogicalType> bind_check(duckdb::Connection& connection, const std::vector<Slot>& slots,
                                       const std::string& sql);

/// Binds a whole SELECT. Errors: internal, because its parts have been checked.
Status bind_query(duckdb::Connection& connection, const std::string& sql);

}  // namespace ingot
