#include "engine/record_counter.h"

#include <algorithm>

namespace ingot {

namespace {

// Of the chunk, before the slots.
enum Column : size_t { kOffset, kLength, kLine, kFaults, kSlots };

}  // namespace

RecordCounter::RecordCounter(const Format& format, const std::vector<Slot>& slots) : decoder_(format.make_decoder()) {
  using duckdb::LogicalType;
  duckdb::vector<LogicalType> types = {LogicalType::UBIGINT, LogicalType::UBIGINT, LogicalType::UBIGINT,
                                       LogicalType::BLOB};
  for (const Slot& slot : slots) types.push_back(duckdb_type(slot));
  chunk_.Initialize(duckdb::Allocator::DefaultAllocator(), types);
}

uint64_t RecordCounter::count(std::shared_ptr<const Block> block, uint64_t at_most) {
  decoder_->start(std::move(block));
  uint64_t counted = 0;
  size_t more = 1;
  while (counted < at_most && more > 0) {
    chunk_.Reset();
    duckdb::FlatVector::Validity(chunk_.data[kFaults]).SetAllInvalid(STANDARD_VECTOR_SIZE);
    DecodedRows rows;
    rows.offset = duckdb::FlatVector::GetData<uint64_t>(chunk_.data[kOffset]);
    rows.length = duckdb::FlatVector::GetData<uint64_t>(chunk_.data[kLength]);
    rows.line = duckdb::FlatVector::GetData<uint64_t>(chunk_.data[kLine]);
    rows.faults = &chunk_.data[kFaults];
    for (size_t i = kSlots; i < chunk_.ColumnCount(); ++i) rows.slots.push_back(&chunk_.data[i]);
    more = decoder_->decode(std::min<uint64_t>(at_most - counted, STANDARD_VECTOR_SIZE), rows);
    counted += more;
  }
  chunk_.Reset();
  return counted;
}

}  // namespace ingot
