#include "transform/sql_functions.h"

#include <duckdb/catalog/catalog.hpp>
#include <duckdb/common/vector_operations/vector_operations.hpp>
#include <duckdb/parser/parsed_data/create_scalar_function_info.hpp>
#include <duckdb/planner/expression.hpp>

#include "transform/cast_kernels.h"
#include "transform/compose.h"

namespace ingot {
namespace {

using duckdb::LogicalType;
using duckdb::PhysicalType;
using Arguments = duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>;

template <class T>
void pass_nonzero(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  duckdb::UnifiedVectorFormat format;
  arguments.data[0].ToUnifiedFormat(arguments.size(), format);
  const T* values = duckdb::UnifiedVectorFormat::GetData<T>(format);
  for (duckdb::idx_t i = 0; i < arguments.size(); ++i) {
    const auto row = format.sel->get_index(i);
    if (values[row] == T(0) && format.validity.RowIsValid(row)) throw duckdb::InvalidInputException("division by zero");
  }
  result.Reference(arguments.data[0]);
}

void pass(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  result.Reference(arguments.data[0]);
}

duckdb::scalar_function_t nonzero_kernel(const LogicalType& type) {
  if (!type.IsNumeric()) return pass;  // `/` itself will say what is wrong
  switch (type.InternalType()) {
    case PhysicalType::INT8:
      return pass_nonzero<int8_t>;
    case PhysicalType::INT16:
      return pass_nonzero<int16_t>;
    case PhysicalType::INT32:
      return pass_nonzero<int32_t>;
    case PhysicalType::INT64:
      return pass_nonzero<int64_t>;
    case PhysicalType::INT128:
      return pass_nonzero<duckdb::hugeint_t>;
    case PhysicalType::UINT8:
      return pass_nonzero<uint8_t>;
    case PhysicalType::UINT16:
      return pass_nonzero<uint16_t>;
    case PhysicalType::UINT32:
      return pass_nonzero<uint32_t>;
    case PhysicalType::UINT64:
      return pass_nonzero<uint64_t>;
    case PhysicalType::UINT128:
      return pass_nonzero<duckdb::uhugeint_t>;
    case PhysicalType::FLOAT:
      return pass_nonzero<float>;
    case PhysicalType::DOUBLE:
      return pass_nonzero<double>;
    default:
      return pass;
  }
}

duckdb::unique_ptr<duckdb::FunctionData> bind_nonzero(duckdb::ClientContext&, duckdb::ScalarFunction& function,
                                                      Arguments& arguments) {
  const LogicalType type = LogicalType::NormalizeType(arguments[0]->return_type);
  function.arguments[0] = type;
  function.return_type = type;
  function.SetFunctionCallback(nonzero_kernel(type));
  return nullptr;
}

/// Three-valued: true if any is equal, else NULL if any comparison is, else false.
void is_in(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  const duckdb::idx_t rows = arguments.size();
  duckdb::Vector found(LogicalType::BOOLEAN, rows);
  duckdb::VectorOperations::Equals(arguments.data[0], arguments.data[1], found, rows);
  for (size_t i = 2; i < arguments.ColumnCount(); ++i) {
    duckdb::Vector equal(LogicalType::BOOLEAN, rows);
    duckdb::VectorOperations::Equals(arguments.data[0], arguments.data[i], equal, rows);
    duckdb::Vector either(LogicalType::BOOLEAN, rows);
    duckdb::VectorOperations::Or(found, equal, either, rows);
    found.Reference(either);
  }
  result.Reference(found);
}

duckdb::unique_ptr<duckdb::FunctionData> bind_in(duckdb::ClientContext& context, duckdb::ScalarFunction& function,
                                                 Arguments& arguments) {
  LogicalType type = arguments[0]->return_type;
  for (const auto& argument : arguments) {
    LogicalType widest;
    if (!LogicalType::TryGetMaxLogicalType(context, type, argument->return_type, widest)) {
      throw duckdb::BinderException("Cannot compare values of type " + type.ToString() + " and type " +
                                    argument->return_type.ToString() + " in IN");
    }
    type = widest;
  }
  type = LogicalType::NormalizeType(type);
  function.arguments = {type};
  function.varargs = type;
  return nullptr;
}

}  // namespace

duckdb::ScalarFunction make_nonzero_function() {
  duckdb::ScalarFunction function("ingot_nonzero", {LogicalType::ANY}, LogicalType::ANY, nullptr, bind_nonzero);
  function.SetFallible();
  return function;
}

duckdb::ScalarFunction make_in_function() {
  duckdb::ScalarFunction function("ingot_in", {LogicalType::ANY}, LogicalType::BOOLEAN, is_in, bind_in);
  function.varargs = LogicalType::ANY;
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  return function;
}

duckdb::ScalarFunction make_json_function() {
  return duckdb::ScalarFunction("ingot_json", {LogicalType::VARCHAR}, LogicalType::JSON(),
                                cast_by_name(LogicalType::VARCHAR).kernel);
}

duckdb::ScalarFunction make_guard_function() {
  duckdb::ScalarFunction function("ingot_guard", {}, LogicalType::BOOLEAN,
                                  [](duckdb::DataChunk&, duckdb::ExpressionState&, duckdb::Vector& result) {
                                    result.Reference(duckdb::Value::BOOLEAN(true));
                                  });
  function.SetVolatile();
  return function;
}

void register_functions(duckdb::Connection& connection) {
  auto& context = *connection.context;
  context.RunFunctionInTransaction([&] {
    auto& catalog = duckdb::Catalog::GetSystemCatalog(context);
    for (const auto& make : {make_cast_function, make_assign_function, make_nonzero_function, make_in_function,
                             make_json_function, make_guard_function, make_normalize_title_function}) {
      duckdb::CreateScalarFunctionInfo info(make());
      info.on_conflict = duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
      catalog.CreateFunction(context, info);
    }
  });
}

}  // namespace ingot
