// ingot_paced(TABLE, handle): passes its rows on in pieces, each when it is due.

#include "embedded/paced.h"

#include <fmt/format.h>

#include <algorithm>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/function/table_function.hpp>
#include <duckdb/parser/parsed_data/create_table_function_info.hpp>

namespace ingot {

namespace {

using duckdb::idx_t;

struct PacedBind : duckdb::TableFunctionData {
  Pace* pace = nullptr;
};

struct PacedLocal : duckdb::LocalTableFunctionState {
  idx_t passed = 0;  // of the input at hand
};

duckdb::unique_ptr<duckdb::FunctionData> bind(duckdb::ClientContext&, duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<duckdb::LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
  auto bound = duckdb::make_uniq<PacedBind>();
  bound->pace = reinterpret_cast<Pace*>(input.inputs.back().GetValue<uint64_t>());
  types = input.input_table_types;
  names = input.input_table_names;
  return bound;
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> init_worker(duckdb::ExecutionContext&,
                                                                duckdb::TableFunctionInitInput&,
                                                                duckdb::GlobalTableFunctionState*) {
  return duckdb::make_uniq<PacedLocal>();
}

duckdb::OperatorResultType pass(duckdb::ExecutionContext&, duckdb::TableFunctionInput& data, duckdb::DataChunk& input,
                                duckdb::DataChunk& output) {
  Pace& pace = *data.bind_data->Cast<PacedBind>().pace;
  auto& local = data.local_state->Cast<PacedLocal>();
  const idx_t count = std::min<idx_t>(pace.piece(), input.size() - local.passed);
  if (!pace.pass([&] { return count; })) throw duckdb::InterruptException();
  const duckdb::SelectionVector piece(local.passed, count);
  output.Slice(input, piece, count);
  local.passed += count;
  if (local.passed < input.size()) return duckdb::OperatorResultType::HAVE_MORE_OUTPUT;
  local.passed = 0;
  return duckdb::OperatorResultType::NEED_MORE_INPUT;
}

}  // namespace

void register_paced_function(duckdb::Connection& connection) {
  duckdb::TableFunction function("ingot_paced", {duckdb::LogicalType::TABLE, duckdb::LogicalType::UBIGINT}, nullptr,
                                 bind, nullptr, init_worker);
  function.in_out_function = pass;
  duckdb::CreateTableFunctionInfo info(function);
  info.on_conflict = duckdb::OnCreateConflict::IGNORE_ON_CONFLICT;
  connection.context->RunFunctionInTransaction(
      [&] { duckdb::Catalog::GetSystemCatalog(*connection.context).CreateFunction(*connection.context, info); });
}

std::string paced_sql(const std::string& select, Pace& pace) {
  return fmt::format("SELECT * FROM ingot_paced(({}), {}::UBIGINT)", select, reinterpret_cast<uintptr_t>(&pace));
}

}  // namespace ingot
