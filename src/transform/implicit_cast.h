#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <string>

namespace ingot {

/// May DuckDB slip in this conversion, as between the sides of a comparison?
struct ImplicitCast {
  bool allowed = true;
  std::string message;
  std::string hint;
};

/// Is it FLOAT or DOUBLE?
inline bool is_float(const duckdb::LogicalType& type) {
  return type.id() == duckdb::LogicalTypeId::FLOAT || type.id() == duckdb::LogicalTypeId::DOUBLE;
}

/// Judges a conversion of a value that is not a text constant. Allowed is what keeps the value: widening, numbers as
/// doubles where a double is concerned, anything as text where text is put together.
ImplicitCast judge_implicit_cast(const duckdb::LogicalType& source, const duckdb::LogicalType& target);

}  // namespace ingot
