// ingot_scan(handle): decodes a pass's blocks into vectors, with all of DuckDB's workers.

#include <fmt/format.h>

#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/function/table_function.hpp>
#include <duckdb/parser/parsed_data/create_table_function_info.hpp>

#include "engine/pass.h"
#include "engine/pass_functions.h"
#include "format/decoder.h"

namespace ingot {

namespace {

using duckdb::idx_t;
using duckdb::LogicalType;

// A worker takes blocks for about this many bytes at once: a chunk of a thousand tiny files, or one block of a large
// one.
constexpr size_t kRunBytes = 256 << 10;

struct ScanBind : duckdb::TableFunctionData {
  Pass* pass = nullptr;
};

struct ScanGlobal : duckdb::GlobalTableFunctionState {
  idx_t MaxThreads() const override { return MAX_THREADS; }
};

struct ScanLocal : duckdb::LocalTableFunctionState {
  explicit ScanLocal(Pass& pass) : pass(pass), decoder(pass.plan().format.make_decoder()) {}
  ~ScanLocal() override { pass.add_ignored(*decoder); }

  Pass& pass;
  std::unique_ptr<Decoder> decoder;
  std::vector<BlockQueue::BlockPtr> run;
  size_t next = 0;  // index into run of the block to be started
  BlockQueue::BlockPtr block;
  uint32_t ordinal = 0;  // of the next record in `block`
  // Bytes of the block that were measured, and how many they are in the file.
  uint64_t measured = 0;
  uint64_t file_bytes = 0;
  idx_t batch = 0;
};

duckdb::unique_ptr<duckdb::FunctionData> bind_scan(duckdb::ClientContext&, duckdb::TableFunctionBindInput& input,
                                                   duckdb::vector<LogicalType>& types,
                                                   duckdb::vector<duckdb::string>& names) {
  auto bound = duckdb::make_uniq<ScanBind>();
  bound->pass = reinterpret_cast<Pass*>(input.inputs[0].GetValue<uint64_t>());
  types = {LogicalType::UINTEGER, LogicalType::UBIGINT, LogicalType::UBIGINT, LogicalType::UBIGINT,
           LogicalType::UBIGINT,  LogicalType::VARCHAR, LogicalType::BLOB};
  names.assign(std::begin(kScanColumns), std::end(kScanColumns));
  const auto& slots = bound->pass->plan().composition.slots;
  for (size_t i = 0; i < slots.size(); ++i) {
    types.push_back(duckdb_type(slots[i]));
    names.push_back("s" + std::to_string(i));
  }
  return bound;
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> init_scan(duckdb::ClientContext&,
                                                               duckdb::TableFunctionInitInput&) {
  return duckdb::make_uniq<ScanGlobal>();
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> init_scan_worker(duckdb::ExecutionContext&,
                                                                     duckdb::TableFunctionInitInput& input,
                                                                     duckdb::GlobalTableFunctionState*) {
  return duckdb::make_uniq<ScanLocal>(*input.bind_data->Cast<ScanBind>().pass);
}

// Makes `local.block` a block with records left to decode; false at the pass's end.
bool next_block(Pass& pass, ScanLocal& local, bool may_wait) {
  if (local.next == local.run.size()) {
    if (!may_wait) return false;
    local.run = pass.queue().pop_run(kRunBytes);
    local.next = 0;
    if (local.run.empty()) return false;
    local.batch = local.run.front()->number;
  }
  local.block = std::move(local.run[local.next++]);
  local.ordinal = 0;
  local.measured = local.file_bytes = 0;
  local.decoder->start(local.block);
  return true;
}

void set_addresses(const Pass& pass, const ScanLocal& local, duckdb::DataChunk& output, idx_t start, idx_t count) {
  const Block& block = *local.block;
  auto* unit = duckdb::FlatVector::GetData<uint32_t>(output.data[0]);
  auto* record = duckdb::FlatVector::GetData<uint64_t>(output.data[1]);
  auto* name = duckdb::FlatVector::GetData<duckdb::string_t>(output.data[5]);
  const std::string& unit_name = pass.unit_name(block.unit);
  const duckdb::string_t name_string(unit_name.data(), static_cast<uint32_t>(unit_name.size()));
  for (idx_t i = 0; i < count; ++i) {
    unit[start + i] = block.unit;
    record[start + i] = (uint64_t{block.number} << 32) | (local.ordinal + i);
    name[start + i] = name_string;
  }
}

// A record lies where it lies in the file, whatever became of its bytes.
void measure_in_file(ScanLocal& local, DecodedRows& rows, size_t count) {
  const Block& block = *local.block;
  for (size_t row = rows.start; row < rows.start + count; ++row) {
    const uint64_t begin = rows.offset[row] - block.offset;
    local.file_bytes += encoded_size(block.encoding, block.view().substr(local.measured, begin - local.measured));
    local.measured = begin;
    rows.offset[row] = block.offset + local.file_bytes;
    rows.length[row] = encoded_size(block.encoding, block.view().substr(begin, rows.length[row]));
  }
}

// Those records of the block that are wanted; 0 at their end.
size_t decode(ScanLocal& local, size_t max_rows, DecodedRows& rows) {
  const uint64_t wanted = local.block->max_records - local.ordinal;
  if (wanted == 0) return 0;
  const size_t count = local.decoder->decode(std::min<uint64_t>(max_rows, wanted), rows);
  if (local.block->encoding != Charset::utf8) measure_in_file(local, rows, count);
  return count;
}

// What was taken for one record when it was rejected, or was mended, must be one now.
void check_one_record(Pass& pass, const ScanLocal& local) {
  if (local.ordinal == 1) return;
  Error error{Code::source_unreadable,
              fmt::format("reject {}: its bytes are {} records, not one", local.block->reject, local.ordinal),
              "mend it (--with FILE), or leave it out and discard it",
              {}};
  error.where = Place{pass.unit_name(local.block->unit), 0, 0};
  pass.set_error(std::move(error));
}

void scan(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
  Pass& pass = *input.bind_data->Cast<ScanBind>().pass;
  auto& local = input.local_state->Cast<ScanLocal>();
  const size_t capacity = std::min<size_t>(pass.plan().chunk_rows, STANDARD_VECTOR_SIZE);

  DecodedRows rows;
  rows.offset = duckdb::FlatVector::GetData<uint64_t>(output.data[2]);
  rows.length = duckdb::FlatVector::GetData<uint64_t>(output.data[3]);
  rows.line = duckdb::FlatVector::GetData<uint64_t>(output.data[4]);
  rows.faults = &output.data[6];
  duckdb::FlatVector::Validity(output.data[6]).SetAllInvalid(STANDARD_VECTOR_SIZE);
  for (idx_t i = kScanColumnCount; i < output.ColumnCount(); ++i) rows.slots.push_back(&output.data[i]);

  size_t filled = 0;
  while (filled < capacity) {
    // Blocks of one run share a chunk; a chunk never spans runs, so that a chunk belongs to one batch index.
    if (!local.block && !next_block(pass, local, filled == 0)) break;
    rows.start = filled;
    const size_t count = decode(local, capacity - filled, rows);
    if (count == 0) {
      if (local.block->reject > 0) check_one_record(pass, local);
      local.block.reset();
      continue;
    }
    set_addresses(pass, local, output, filled, count);
    local.ordinal += static_cast<uint32_t>(count);
    filled += count;
  }
  if (filled == 0) pass.reached_end();
  output.SetCardinality(filled);
}

duckdb::OperatorPartitionData partition_data(duckdb::ClientContext&, duckdb::TableFunctionGetPartitionInput& input) {
  return duckdb::OperatorPartitionData(input.local_state->Cast<ScanLocal>().batch);
}

}  // namespace

void register_scan_function(duckdb::Connection& connection) {
  duckdb::TableFunction function("ingot_scan", {LogicalType::UBIGINT}, scan, bind_scan, init_scan, init_scan_worker);
  function.get_partition_data = partition_data;
  duckdb::CreateTableFunctionInfo info(function);
  duckdb::Catalog::GetSystemCatalog(*connection.context).CreateFunction(*connection.context, info);
}

}  // namespace ingot
