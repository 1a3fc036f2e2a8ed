#include <duckdb/planner/expression.hpp>

#include "transform/cast_kernels.h"
#include "transform/implicit_cast.h"
#include "transform/sql_functions.h"

namespace ingot {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

[[noreturn]] void refuse(const LogicalType& source, const LogicalType& target, const std::string& hint) {
  const auto name = [](const LogicalType& type) { return type.IsJSONType() ? "JSON" : type.ToString(); };
  std::string message = "no exact conversion from " + name(source) + " to " + name(target);
  if (!hint.empty()) message += kHintMark + hint;
  throw duckdb::BinderException(message);
}

bool has_text_form(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
    case LogicalTypeId::TIME:
    case LogicalTypeId::INTERVAL:
    case LogicalTypeId::UUID:
      return true;
    default:
      return type.IsNumeric();
  }
}

/// May DuckDB's own cast be taken because every value of `source` is one of `target`?
bool widens(const LogicalType& source, const LogicalType& target) {
  if (source.id() == LogicalTypeId::DECIMAL && target.id() == LogicalTypeId::DECIMAL) {
    const int from_scale = duckdb::DecimalType::GetScale(source);
    const int to_scale = duckdb::DecimalType::GetScale(target);
    return to_scale >= from_scale &&
           duckdb::DecimalType::GetWidth(target) - to_scale >= duckdb::DecimalType::GetWidth(source) - from_scale;
  }
  if (source.IsIntegral() && target.IsIntegral()) {
    return duckdb::GetTypeIdSize(target.InternalType()) > duckdb::GetTypeIdSize(source.InternalType()) &&
           target.IsSigned();
  }
  return target.id() == LogicalTypeId::DOUBLE || (target.id() == LogicalTypeId::FLOAT && !is_float(source));
}

CastPlan plan_number(const LogicalType& source, const LogicalType& target) {
  if (widens(source, target)) return cast_by_duckdb(target);
  return is_float(source) ? cast_from_float(source, target) : cast_from_exact_number(source, target);
}

CastPlan plan_time(const LogicalType& source, const LogicalType& target, bool as_column) {
  const auto from = source.id();
  const auto to = target.id();
  if (from == LogicalTypeId::DATE && (to == LogicalTypeId::TIMESTAMP || to == LogicalTypeId::TIMESTAMP_TZ)) {
    return cast_by_duckdb(target);
  }
  if (from == LogicalTypeId::TIMESTAMP && to == LogicalTypeId::TIMESTAMP_TZ) return cast_by_name(source);
  if (from == LogicalTypeId::TIMESTAMP_TZ && to == LogicalTypeId::TIMESTAMP) return cast_by_name(source);
  if (from == LogicalTypeId::TIMESTAMP && to == LogicalTypeId::DATE) {
    if (as_column) refuse(source, target, "cast(… as date) drops the time of day");
    return cast_by_duckdb(target);
  }
  if (from == LogicalTypeId::TIMESTAMP_TZ && to == LogicalTypeId::DATE) {
    refuse(source, target, "name the zone: cast(… at time zone 'UTC' as date)");
  }
  return {};
}

CastPlan plan_json(const LogicalType& source, const LogicalType& target, bool as_column) {
  if (target.IsJSONType()) {
    if (source.id() == LogicalTypeId::VARCHAR) return cast_from_text(target);
    refuse(source, target, "to_json(…) makes json of any value");
  }
  if (target.id() != LogicalTypeId::VARCHAR || as_column) {
    refuse(source, target, "->> takes a json member as text, which can be cast");
  }
  return cast_by_name(source);
}

CastPlan plan(const LogicalType& source, const LogicalType& target, bool as_column) {
  if (source.id() == LogicalTypeId::SQLNULL) return cast_by_duckdb(target);
  if (source == target && source.IsJSONType() == target.IsJSONType()) return cast_by_duckdb(target);
  if (source.IsJSONType() || target.IsJSONType()) return plan_json(source, target, as_column);
  if (source.id() == LogicalTypeId::VARCHAR) return cast_from_text(target);
  if (target.id() == LogicalTypeId::VARCHAR && has_text_form(source)) return cast_by_duckdb(target);
  if (source.IsNumeric() && target.IsNumeric()) return plan_number(source, target);
  if (source.id() == LogicalTypeId::BOOLEAN && target.IsNumeric())
    refuse(source, target, "case when … then 1 else 0 end");
  if (source.IsNumeric() && target.id() == LogicalTypeId::BOOLEAN) refuse(source, target, "compare: … <> 0");
  return plan_time(source, target, as_column);
}

/// Adds what a column asks for to a conversion that did not parse text into it.
void add_column_check(CastPlan& cast, const LogicalType& target) {
  const bool parsed = cast.argument.id() == LogicalTypeId::VARCHAR && target.id() != LogicalTypeId::VARCHAR;
  CastKernel look = parsed ? CastKernel() : column_check(cast.argument);
  if (!look) return;
  cast.kernel = [look, then = cast.kernel](duckdb::DataChunk& arguments, duckdb::ExpressionState& state,
                                           duckdb::Vector& result) {
    duckdb::Vector looked(arguments.data[0].GetType());
    look(arguments, state, looked);
    then(arguments, state, result);
  };
}

void bind(duckdb::ScalarFunction& function, duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& arguments,
          bool as_column) {
  const LogicalType source = LogicalType::NormalizeType(arguments[0]->return_type);
  const LogicalType target = arguments[1]->return_type;
  CastPlan cast = plan(source, target, as_column);
  if (!cast.kernel) refuse(source, target, "");
  if (as_column) add_column_check(cast, target);
  duckdb::Function::EraseArgument(function, arguments, 1);
  function.arguments[0] = cast.argument;
  function.return_type = target;
  function.SetFunctionCallback(cast.kernel);
}

duckdb::unique_ptr<duckdb::FunctionData> bind_cast(duckdb::ClientContext&, duckdb::ScalarFunction& function,
                                                   duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& arguments) {
  bind(function, arguments, false);
  return nullptr;
}

duckdb::unique_ptr<duckdb::FunctionData> bind_assign(
    duckdb::ClientContext&, duckdb::ScalarFunction& function,
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& arguments) {
  bind(function, arguments, true);
  return nullptr;
}

duckdb::ScalarFunction make(const char* name, duckdb::bind_scalar_function_t bind) {
  duckdb::ScalarFunction function(name, {LogicalType::ANY, LogicalType::ANY}, LogicalType::ANY, nullptr, bind);
  function.SetFallible();
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  return function;
}

}  // namespace

duckdb::ScalarFunction make_cast_function() { return make("ingot_cast", bind_cast); }

duckdb::ScalarFunction make_assign_function() { return make("ingot_assign", bind_assign); }

}  // namespace ingot
