#pragma once

// Includes DuckDB: the loops behind ingot_cast.

#include <duckdb.hpp>
#include <duckdb/function/scalar_function.hpp>

namespace ingot {

/// A loop over one vector. Throws InvalidInputException, which TRY catches, on the first value that does not fit;
/// the message is the fault's text, without the value.
using CastKernel = duckdb::scalar_function_t;

/// What a conversion does: the type to which DuckDB itself brings the argument first (always a widening), and the loop
/// from there. An empty kernel: there is no exact conversion.
struct CastPlan {
  duckdb::LogicalType argument;
  CastKernel kernel;
};

/// VARCHAR → `target` by the parsers of types/exact.h.
CastPlan cast_from_text(const duckdb::LogicalType& target);

/// Integer or decimal (`source`) → integer, decimal: all digits are kept and in range.
CastPlan cast_from_exact_number(const duckdb::LogicalType& source, const duckdb::LogicalType& target);

/// FLOAT or DOUBLE → integer (integral values only), decimal (the shortest text decides), FLOAT (nearest).
CastPlan cast_from_float(const duckdb::LogicalType& source, const duckdb::LogicalType& target);

/// DuckDB's own cast, which for this pair loses nothing.
CastPlan cast_by_duckdb(const duckdb::LogicalType& target);

/// The same bits under another name (timestamptz → timestamp in UTC, varchar ↔ json).
CastPlan cast_by_name(const duckdb::LogicalType& source);

/// Makes the check that a column of type `target` asks for beyond its type: no NUL in text, years 0001 to 9999.
/// Empty where there is none.
CastKernel column_check(const duckdb::LogicalType& target);

}  // namespace ingot
