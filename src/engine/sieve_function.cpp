// ingot_sieve(TABLE, handle): the contract's last word on every record. Consumes the composition's rows with their
// faults, counts each record in exactly one place, keeps the rejects, and passes on what is to be loaded. An operator
// of its own, because DuckDB may push a WHERE down, or prune a column that nobody reads (CORRECTNESS 11).

#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/function/table_function.hpp>
#include <duckdb/parser/parsed_data/create_table_function_info.hpp>

#include "engine/pass.h"
#include "engine/pass_functions.h"
#include "engine/row_judge.h"

namespace ingot {

namespace {

using duckdb::idx_t;
using duckdb::LogicalType;

struct SieveBind : duckdb::TableFunctionData {
  Pass* pass = nullptr;
  SieveColumns columns;
};

struct SieveLocal : duckdb::LocalTableFunctionState {
  explicit SieveLocal(const SieveBind& bind) : judge(*bind.pass, bind.columns), selection(STANDARD_VECTOR_SIZE) {}
  RowJudge judge;
  duckdb::SelectionVector selection;
};

duckdb::unique_ptr<duckdb::FunctionData> bind_sieve(duckdb::ClientContext&, duckdb::TableFunctionBindInput& input,
                                                    duckdb::vector<LogicalType>& types,
                                                    duckdb::vector<duckdb::string>& names) {
  auto bound = duckdb::make_uniq<SieveBind>();
  bound->pass = reinterpret_cast<Pass*>(input.inputs.back().GetValue<uint64_t>());
  const Composition& composition = bound->pass->plan().composition;
  SieveColumns& columns = bound->columns;
  columns = SieveColumns(composition);

  const bool routed = bound->pass->plan().pipeline.routed;
  if (routed) {
    types.push_back(LogicalType::UTINYINT);
    names.push_back("__table");
  }
  for (size_t t = 0; t < composition.tables.size(); ++t) {
    const ComposedTable& table = composition.tables[t];
    for (size_t c = 0; c < table.width(); ++c) {
      const LogicalType& in = input.input_table_types[columns.column(t, c)];
      types.push_back(table.is_computed(c) ? duckdb::StructType::GetChildType(in, 0) : in);
      const char* last = table.is_child() ? "places" : "delete";
      const std::string name = c == table.columns.size() ? last : "c" + std::to_string(c);
      names.push_back(routed ? "t" + std::to_string(t) + "_" + name : name);
    }
  }
  if (bound->pass->options().with_address) {
    for (size_t i = 0; i < SieveColumns::kAddressColumns; ++i) {
      types.push_back(input.input_table_types[i]);
      names.push_back(kScanColumns[i]);
    }
  }
  return bound;
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> init_sieve_worker(duckdb::ExecutionContext&,
                                                                      duckdb::TableFunctionInitInput& input,
                                                                      duckdb::GlobalTableFunctionState*) {
  return duckdb::make_uniq<SieveLocal>(input.bind_data->Cast<SieveBind>());
}

duckdb::OperatorResultType sieve(duckdb::ExecutionContext&, duckdb::TableFunctionInput& data, duckdb::DataChunk& input,
                                 duckdb::DataChunk& output) {
  const auto& bind = data.bind_data->Cast<SieveBind>();
  auto& local = data.local_state->Cast<SieveLocal>();
  const Composition& composition = bind.pass->plan().composition;
  const size_t passed = local.judge.judge(input, local.selection);

  idx_t out = 0;
  if (bind.pass->plan().pipeline.routed) {
    auto* tables = duckdb::FlatVector::GetData<uint8_t>(output.data[out++]);
    for (size_t i = 0; i < passed; ++i)
      tables[i] = static_cast<uint8_t>(local.judge.table_of(local.selection.get_index(i)));
  }
  for (size_t t = 0; t < composition.tables.size(); ++t) {
    for (size_t c = 0; c < composition.tables[t].width(); ++c) {
      duckdb::Vector& in = input.data[bind.columns.column(t, c)];
      if (composition.tables[t].is_computed(c)) {
        in.Flatten(input.size());
        output.data[out].Reference(*duckdb::StructVector::GetEntries(in)[0]);
      } else {
        output.data[out].Reference(in);
      }
      if (passed < input.size()) output.data[out].Slice(local.selection, passed);
      ++out;
    }
  }
  if (bind.pass->options().with_address) {
    for (size_t i = 0; i < SieveColumns::kAddressColumns; ++i, ++out) {
      output.data[out].Reference(input.data[i]);
      if (passed < input.size()) output.data[out].Slice(local.selection, passed);
    }
  }
  output.SetCardinality(passed);
  return duckdb::OperatorResultType::NEED_MORE_INPUT;
}

}  // namespace

void register_sieve_function(duckdb::Connection& connection) {
  duckdb::TableFunction function("ingot_sieve", {LogicalType::TABLE, LogicalType::UBIGINT}, nullptr, bind_sieve,
                                 nullptr, init_sieve_worker);
  function.in_out_function = sieve;
  duckdb::CreateTableFunctionInfo info(function);
  duckdb::Catalog::GetSystemCatalog(*connection.context).CreateFunction(*connection.context, info);
}

}  // namespace ingot
