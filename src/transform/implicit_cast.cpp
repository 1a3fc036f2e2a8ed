#include "transform/implicit_cast.h"

#include <duckdb/common/types/decimal.hpp>

namespace ingot {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

ImplicitCast refuse(std::string message, std::string hint) { return {false, std::move(message), std::move(hint)}; }

bool keeps_number(const LogicalType& source, const LogicalType& target) {
  if (is_float(target)) return !(source.id() == LogicalTypeId::DOUBLE && target.id() == LogicalTypeId::FLOAT);
  if (is_float(source)) return false;
  // What does not fit a wider integer or decimal fails; only digits after the point could vanish in silence.
  const int from = source.id() == LogicalTypeId::DECIMAL ? duckdb::DecimalType::GetScale(source) : 0;
  const int to = target.id() == LogicalTypeId::DECIMAL ? duckdb::DecimalType::GetScale(target) : 0;
  return to >= from;
}

bool keeps_time(const LogicalType& source, const LogicalType& target) {
  const auto to = target.id();
  if (source.id() == LogicalTypeId::DATE) return to == LogicalTypeId::TIMESTAMP || to == LogicalTypeId::TIMESTAMP_TZ;
  return source.id() == LogicalTypeId::TIMESTAMP && to == LogicalTypeId::TIMESTAMP_TZ;
}

}  // namespace

ImplicitCast judge_implicit_cast(const LogicalType& source, const LogicalType& target) {
  if (source == target && source.IsJSONType() == target.IsJSONType()) return {};
  if (source.id() == LogicalTypeId::SQLNULL) return {};
  if (source.id() == LogicalTypeId::LIST && target.id() == LogicalTypeId::LIST) {
    return judge_implicit_cast(duckdb::ListType::GetChildType(source), duckdb::ListType::GetChildType(target));
  }
  if (source.IsJSONType()) {
    return refuse("json is used as " + target.ToString(), "->> takes a json member as text, which can be cast");
  }
  if (source.id() == LogicalTypeId::VARCHAR) {
    return refuse("text is used as " + std::string(target.IsJSONType() ? "JSON" : target.ToString()),
                  "source fields are text; declare the column, or cast(x as integer)");
  }
  if (target.id() == LogicalTypeId::VARCHAR && !target.IsJSONType()) return {};
  if (target.id() == LogicalTypeId::BOOLEAN) {
    return refuse(source.ToString() + " is used as a condition", "compare it: … <> 0");
  }
  if (source.IsNumeric() && target.IsNumeric()) {
    if (keeps_number(source, target)) return {};
    return refuse(source.ToString() + " would be rounded to " + target.ToString(), "say how: round(x, n), or cast");
  }
  if (keeps_time(source, target)) return {};
  return refuse(source.ToString() + " is used as " + target.ToString(), "cast it");
}

}  // namespace ingot
