#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ingot {

/// What Parquet's schema says of a field's type, in DuckDB's words (`parquet_schema()`).
struct ParquetType {
  std::string physical;
  std::string logical;
  int64_t precision = 0;
};

/// A type whose values DuckDB does not read as they are.
struct InexactType {
  std::string_view name;  ///< none: it reads them as they are
  std::string_view cure;
};

InexactType inexact_type(const ParquetType& type);

}  // namespace ingot
