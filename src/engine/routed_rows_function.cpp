// ingot_routed(handle): the records that a pass has routed, chunk by chunk as they were collected.

#include <algorithm>
#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/common/types/column/column_data_collection.hpp>
#include <duckdb/function/table_function.hpp>
#include <duckdb/parser/parsed_data/create_table_function_info.hpp>

#include "engine/pass_functions.h"

namespace ingot {

namespace {

using duckdb::ColumnDataCollection;
using duckdb::idx_t;

struct RoutedBind : duckdb::TableFunctionData {
  const RoutedRecords* records = nullptr;
};

struct RoutedGlobal : duckdb::GlobalTableFunctionState {
  idx_t MaxThreads() const override { return threads; }
  idx_t threads = 1;
  duckdb::ColumnDataParallelScanState scan;
};

struct RoutedLocal : duckdb::LocalTableFunctionState {
  duckdb::ColumnDataLocalScanState scan;
};

duckdb::unique_ptr<duckdb::FunctionData> bind_routed(duckdb::ClientContext&, duckdb::TableFunctionBindInput& input,
                                                     duckdb::vector<duckdb::LogicalType>& types,
                                                     duckdb::vector<duckdb::string>& names) {
  auto bound = duckdb::make_uniq<RoutedBind>();
  bound->records = reinterpret_cast<const RoutedRecords*>(input.inputs[0].GetValue<uint64_t>());
  types = bound->records->rows->Types();
  names = bound->records->names;
  return bound;
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> init_routed(duckdb::ClientContext&,
                                                                 duckdb::TableFunctionInitInput& input) {
  const ColumnDataCollection& rows = *input.bind_data->Cast<RoutedBind>().records->rows;
  auto global = duckdb::make_uniq<RoutedGlobal>();
  global->threads = std::max<idx_t>(1, rows.ChunkCount());
  rows.InitializeScan(global->scan);
  return global;
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> init_routed_worker(duckdb::ExecutionContext&,
                                                                       duckdb::TableFunctionInitInput&,
                                                                       duckdb::GlobalTableFunctionState*) {
  return duckdb::make_uniq<RoutedLocal>();
}

void scan_routed(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
  const ColumnDataCollection& rows = *input.bind_data->Cast<RoutedBind>().records->rows;
  rows.Scan(input.global_state->Cast<RoutedGlobal>().scan, input.local_state->Cast<RoutedLocal>().scan, output);
}

duckdb::unique_ptr<duckdb::NodeStatistics> count_routed(duckdb::ClientContext&, const duckdb::FunctionData* bound) {
  const idx_t rows = bound->Cast<RoutedBind>().records->rows->Count();
  return duckdb::make_uniq<duckdb::NodeStatistics>(rows, rows);
}

}  // namespace

void register_routed_function(duckdb::Connection& connection) {
  duckdb::TableFunction function("ingot_routed", {duckdb::LogicalType::UBIGINT}, scan_routed, bind_routed, init_routed,
                                 init_routed_worker);
  function.cardinality = count_routed;
  duckdb::CreateTableFunctionInfo info(function);
  duckdb::Catalog::GetSystemCatalog(*connection.context).CreateFunction(*connection.context, info);
}

}  // namespace ingot
