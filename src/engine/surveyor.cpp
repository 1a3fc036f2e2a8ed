#include "engine/surveyor.h"

#include <algorithm>

namespace ingot {

namespace {

constexpr size_t kSurveyedAtOnce = 256 << 10;

// Of the chunk, before the slots.
enum SurveyColumn : size_t { kAtOffset, kAtLength, kAtLine, kAtFaults, kAtSlots };

}  // namespace

Surveyor::Surveyor(const SurveyShared& shared, size_t columns)
    : shared_(shared),
      decoder_(shared.format.make_decoder()),
      columns_(columns),
      fields_(shared.flatten, shared.numbers, shared.unique) {
  using duckdb::LogicalType;
  duckdb::vector<LogicalType> types = {LogicalType::UBIGINT, LogicalType::UBIGINT, LogicalType::UBIGINT,
                                       LogicalType::BLOB};
  for (size_t i = 0; i < shared.slots; ++i) types.push_back(LogicalType::VARCHAR);
  chunk_.Initialize(duckdb::Allocator::DefaultAllocator(), types);
  for (size_t i = 0; i < columns; ++i) columns_[i].number = i;
  evidence_.ends.resize(shared.tracked_units);
}

void Surveyor::run(BlockQueue& queue) {
  for (auto blocks = queue.pop_run(kSurveyedAtOnce); !blocks.empty(); blocks = queue.pop_run(kSurveyedAtOnce)) {
    for (const auto& block : blocks) survey(block);
  }
  for (auto& column : columns_) column.flush(shared_.unique);
  fields_.finish();
  chunk_.Reset();
}

void Surveyor::survey(const std::shared_ptr<const Block>& block) {
  decoder_->start(block);
  uint64_t ordinal = 0;
  for (size_t count = 1; count > 0; ordinal += count) {
    chunk_.Reset();
    duckdb::FlatVector::Validity(chunk_.data[kAtFaults]).SetAllInvalid(STANDARD_VECTOR_SIZE);
    DecodedRows rows;
    rows.offset = duckdb::FlatVector::GetData<uint64_t>(chunk_.data[kAtOffset]);
    rows.length = duckdb::FlatVector::GetData<uint64_t>(chunk_.data[kAtLength]);
    rows.line = duckdb::FlatVector::GetData<uint64_t>(chunk_.data[kAtLine]);
    rows.faults = &chunk_.data[kAtFaults];
    for (size_t i = kAtSlots; i < chunk_.ColumnCount(); ++i) rows.slots.push_back(&chunk_.data[i]);
    count = decoder_->decode(STANDARD_VECTOR_SIZE, rows);
    for (size_t row = 0; row < count; ++row) {
      if (!shared_.json && rows.offset[row] < (*shared_.units)[block->unit].head_bytes) continue;
      look_at(*block, row, (uint64_t{block->number} << 32) | (ordinal + row), rows.line[row]);
    }
    if (shared_.json || count == 0) continue;
    const infer::Address last{(uint64_t{block->number} << 32) | (ordinal + count - 1), block->unit,
                              rows.line[count - 1]};
    const bool later = evidence_.last.at.record == UINT64_MAX || evidence_.last.at < last;
    if (later) evidence_.last = {last, std::string(text_of(*block, count - 1).substr(0, CsvEvidence::kTextBytes))};
  }
}

bool Surveyor::is_faulty(size_t row, const infer::Address& at) {
  if (!duckdb::FlatVector::Validity(chunk_.data[kAtFaults]).RowIsValid(row)) return false;
  ++unreadable_;
  const auto packed = duckdb::FlatVector::GetData<duckdb::string_t>(chunk_.data[kAtFaults])[row];
  const FaultList list = FaultList::unpack({packed.GetData(), packed.GetSize()});
  fault_ = list.faults.size() == 1 ? list.faults.front().fault : Fault::none;
  if (at < first_unreadable_) {
    first_unreadable_ = at;
    first_fault_ = list.faults.empty() ? Fault::none : list.faults.front().fault;
  }
  return true;
}

// As it stands in the block: places there count bytes of UTF-8.
std::string_view Surveyor::text_of(const Block& block, size_t row) const {
  const uint64_t offset = duckdb::FlatVector::GetData<uint64_t>(chunk_.data[kAtOffset])[row];
  const uint64_t length = duckdb::FlatVector::GetData<uint64_t>(chunk_.data[kAtLength])[row];
  return block.view().substr(offset - block.offset, length);
}

void Surveyor::note_odd(const Block& block, std::string_view text, const infer::Address& at) {
  if (fault_ != Fault::ragged) {
    ++evidence_.other_faults;
    return;
  }
  evidence_.add_ragged(block.unit, {at, std::string(text.substr(0, CsvEvidence::kTextBytes))}, text.starts_with('#'));
}

void Surveyor::look_at(const Block& block, size_t row, uint64_t record, uint64_t line) {
  const infer::Address at{record, block.unit, line};
  ++records_;
  const std::string_view record_text = shared_.json ? std::string_view() : text_of(block, row);
  if (is_faulty(row, at)) {
    if (!shared_.json) note_odd(block, record_text, at);
    return;
  }
  if (!shared_.json) {
    evidence_.add_good(block.unit, record);
    evidence_.good_comments += record_text.starts_with('#');
  }
  for (size_t slot = 0; slot < shared_.slots; ++slot) {
    duckdb::Vector& vector = chunk_.data[kAtSlots + slot];
    const bool valid = duckdb::FlatVector::Validity(vector).RowIsValid(row);
    const auto text = valid ? duckdb::FlatVector::GetData<duckdb::string_t>(vector)[row] : duckdb::string_t();
    if (shared_.json) {
      if (valid) fields_.add({text.GetData(), text.GetSize()}, at);
      continue;
    }
    infer::ObservedColumn& column = columns_[(*shared_.units)[block.unit].column_of[slot]];
    if (valid) {
      if (shared_.quotes_are_text && text.GetSize() > 1) {
        const char* bytes = text.GetData();
        evidence_.enclosed += bytes[0] == '"' && bytes[text.GetSize() - 1] == '"';
      }
      column.add(infer::Shape::text, {text.GetData(), text.GetSize()}, at, shared_.unique);
    } else {
      column.profile.add_null();
    }
  }
}

void Surveyor::merge(const Surveyor& other) {
  records_ += other.records_;
  unreadable_ += other.unreadable_;
  if (other.first_unreadable_ < first_unreadable_) {
    first_unreadable_ = other.first_unreadable_;
    first_fault_ = other.first_fault_;
  }
  for (size_t i = 0; i < columns_.size(); ++i) columns_[i].profile.merge(other.columns_[i].profile);
  fields_.merge(other.fields_);
  evidence_.merge(other.evidence_);
}

}  // namespace ingot
