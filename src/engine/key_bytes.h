#pragma once

// Includes DuckDB: only for ingot_sieve.

#include <cmath>
#include <cstring>
#include <duckdb.hpp>
#include <limits>
#include <string>

#include "types/type.h"

namespace ingot {

namespace key_bytes {

template <class T>
void append(const duckdb::UnifiedVectorFormat& values, size_t row, std::string& out) {
  const T value = duckdb::UnifiedVectorFormat::GetData<T>(values)[values.sel->get_index(row)];
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Equal numbers have equal bytes: one zero, one NaN.
template <class T>
void append_float(const duckdb::UnifiedVectorFormat& values, size_t row, std::string& out) {
  T value = duckdb::UnifiedVectorFormat::GetData<T>(values)[values.sel->get_index(row)];
  if (value == 0) value = 0;
  if (std::isnan(value)) value = std::numeric_limits<T>::quiet_NaN();
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

inline void append_text(const duckdb::UnifiedVectorFormat& values, size_t row, std::string& out) {
  const auto& text = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(values)[values.sel->get_index(row)];
  const uint32_t size = text.GetSize();
  out.append(reinterpret_cast<const char*>(&size), sizeof size);  // so that ('a','bc') is not ('ab','c')
  out.append(text.GetData(), size);
}

}  // namespace key_bytes

/// Appends a value, not NULL, so that two keys are equal exactly if their bytes are.
inline void append_key_bytes(const Type& type, const duckdb::UnifiedVectorFormat& values, size_t row,
                             std::string& out) {
  using namespace key_bytes;
  switch (type.kind) {
    case Kind::boolean:
      return append<bool>(values, row, out);
    case Kind::int16:
      return append<int16_t>(values, row, out);
    case Kind::int32:
    case Kind::date:
      return append<int32_t>(values, row, out);
    case Kind::int64:
    case Kind::timestamp:
    case Kind::timestamptz:
    case Kind::time:
      return append<int64_t>(values, row, out);
    case Kind::uuid:
      return append<duckdb::hugeint_t>(values, row, out);
    case Kind::float32:
      return append_float<float>(values, row, out);
    case Kind::float64:
      return append_float<double>(values, row, out);
    case Kind::decimal:
      if (type.precision <= 4) return append<int16_t>(values, row, out);
      if (type.precision <= 9) return append<int32_t>(values, row, out);
      if (type.precision <= 18) return append<int64_t>(values, row, out);
      return append<duckdb::hugeint_t>(values, row, out);
    case Kind::text:
    case Kind::json:
    case Kind::binary:
      return append_text(values, row, out);
    case Kind::interval:  // cannot be keys
    case Kind::array:
      break;
  }
}

}  // namespace ingot
