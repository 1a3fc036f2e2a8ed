#include "transcript/parquet_types.h"

namespace ingot {

namespace {

constexpr int64_t kMostDigits = 38;
constexpr std::string_view kMicroseconds = "DuckDB would cut it to microseconds: write it with these";

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

InexactType inexact_type(const ParquetType& type) {
  const bool nanoseconds = has(type.logical, "NANOS=NanoSeconds");
  if (nanoseconds && has(type.logical, "TimeType(")) return {"TIME(NANOS)", kMicroseconds};
  // Without a zone it is read as TIMESTAMP_NS.
  if (nanoseconds && has(type.logical, "isAdjustedToUTC=1")) return {"TIMESTAMP(NANOS, UTC)", kMicroseconds};
  if (type.precision > kMostDigits)
    return {"DECIMAL of more than 38 digits", "DuckDB would read it as DOUBLE: write it as text"};
  return {};
}

}  // namespace ingot
