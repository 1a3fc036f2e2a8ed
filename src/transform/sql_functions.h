#pragma once

// Includes DuckDB: Ingot's scalar functions, one maker each. register_functions (compose.h) adds them all.

#include <duckdb.hpp>
#include <duckdb/function/scalar_function.hpp>

namespace ingot {

/// Stands between a bind callback's message and its hint.
inline constexpr const char* kHintMark = "\nhint: ";

/// ingot_cast(x, NULL::T): what `cast(x as T)` means in Ingot. Exact, or throws; a pair of types without an exact
/// conversion is refused when it is bound.
duckdb::ScalarFunction make_cast_function();

/// ingot_assign(x, NULL::T): brings a `value` to its column's type. As ingot_cast, less what only an explicit cast may
/// do (drop the time of day, take json for text), plus what a column asks for (no NUL in text, years 0001 to 9999).
duckdb::ScalarFunction make_assign_function();

/// ingot_nonzero(x): x, or throws where it is zero. Wraps divisors: in DuckDB 1/0 is inf and 10//0 NULL.
duckdb::ScalarFunction make_nonzero_function();

/// ingot_in(x, a, b, …): what `x IN (a, b, …)` means. The operator itself may be turned into a join by DuckDB's
/// optimizer, which evaluates x outside of TRY.
duckdb::ScalarFunction make_in_function();

/// ingot_json(text): the same text as JSON, not looked at again: a json column is valid by contract.
duckdb::ScalarFunction make_json_function();

/// ingot_guard(): true, but DuckDB does not know it. See docs/decisions/try.md.
duckdb::ScalarFunction make_guard_function();

/// normalize_title(text): lower case; each white-space character becomes `_`; then all but letters, decimal digits and
/// `_` is deleted. By Unicode's general categories, so letters outside ASCII stay.
duckdb::ScalarFunction make_normalize_title_function();

}  // namespace ingot
