#include "format/fixed/decoder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "format/fixed/fields.h"
#include "format/fixed/splitter.h"
#include "format/record_faults.h"
#include "format/store_value.h"
#include "types/exact.h"

namespace ingot::fixed {

namespace {

class FixedDecoder final : public Decoder {
 public:
  FixedDecoder(const FixedOptions& options, const std::vector<Slot>& slots)
      : options_(options), slots_(slots), fields_(options, slots) {}

  void start(std::shared_ptr<const Block> block) override {
    block_ = std::move(block);
    const auto* index = static_cast<const Index*>(block_->index.get());
    at_ = index->begin;
    end_ = index->end;
    line_ = block_->line + index->skipped;
    // Of 8-bit encodings each byte is a character; what is here is UTF-8.
    by_bytes_ = options_.in_bytes && block_->encoding == Charset::utf8;
  }

  size_t decode(size_t max_rows, DecodedRows& rows) override {
    size_t count = 0;
    for (std::string_view record; count < max_rows && next(record); ++count)
      decode_record(record, rows, rows.start + count);
    for (size_t slot = 0; slot < slots_.size() && count > 0; ++slot) {
      const Kind kind = slots_[slot].type.kind;
      if (kind == Kind::text || kind == Kind::json) hold_block(*rows.slots[slot], block_);
    }
    return count;
  }

  void add_ignored(FieldNames&) const override {}
  void add_seen(std::vector<bool>& seen) const override { seen.assign(seen.size(), true); }

 private:
  // Moves to the next line that is not empty.
  bool next(std::string_view& record) {
    const std::string_view bytes = block_->view().substr(0, end_);
    while (at_ < end_) {
      const size_t newline = bytes.find('\n', at_);
      const size_t stop = newline == bytes.npos ? end_ : newline;
      record = bytes.substr(at_, stop - at_);
      if (newline != bytes.npos && record.ends_with('\r')) record.remove_suffix(1);
      at_ = newline == bytes.npos ? end_ : newline + 1;
      record_line_ = line_++;
      if (!record.empty()) return true;
    }
    return false;
  }

  void decode_record(std::string_view record, DecodedRows& rows, size_t row) {
    rows.offset[row] = block_->offset + static_cast<uint64_t>(record.data() - block_->bytes.get());
    rows.length[row] = record.size();
    rows.line[row] = record_line_;
    list_.faults.clear();
    check_record(record);
    const bool readable = list_.faults.empty();
    for (size_t slot = 0; slot < slots_.size(); ++slot) {
      duckdb::Vector& vector = *rows.slots[slot];
      if (!readable) {
        duckdb::FlatVector::SetNull(vector, row, true);
        continue;
      }
      const auto field = fields_.field(slot);
      const Fault fault = store(field, slots_[slot], vector, row);
      if (fault == Fault::none) continue;
      duckdb::FlatVector::SetNull(vector, row, true);
      add_fault(static_cast<uint16_t>(slot), fault, record, static_cast<size_t>(field->data() - record.data()), *field);
    }
    if (!list_.faults.empty()) rows.set_faults(row, list_);
  }

  void check_record(std::string_view record) {
    constexpr auto kRecord = RecordFault::kWholeRecord;
    if (!exact::is_utf8(record)) {
      const size_t at = valid_utf8_prefix(record);
      return add_fault(kRecord, Fault::bad_utf8, record, at, record.substr(at));
    }
    if (const size_t at = record.find('\0'); at != record.npos)
      return add_fault(kRecord, Fault::nul_byte, record, at, record.substr(at));
    if (!fields_.start(record, by_bytes_) && options_.ragged == CsvOptions::Ragged::reject)
      add_fault(kRecord, Fault::ragged, record, record.size(), record);
  }

  Fault store(const std::optional<std::string_view>& field, const Slot& slot, duckdb::Vector& vector, size_t row) {
    const bool is_text = slot.type.kind == Kind::text;
    if (!field || (field->empty() && !is_text) || is_null_text(*field)) {
      duckdb::FlatVector::SetNull(vector, row, true);
      return Fault::none;
    }
    // A place that is counted in bytes may cut a character.
    if (by_bytes_ && !exact::is_utf8(*field)) return Fault::bad_utf8;
    if (!slot.form) return store_text(*field, slot.type, vector, row);
    if (slot.form->is_null(*field)) {
      duckdb::FlatVector::SetNull(vector, row, true);
      return Fault::none;
    }
    return visit_kind(slot.type.kind, [&](auto kind) {
      return store_formed<kind.value>(*field, slot.type, *slot.form, scratch_, vector,
                                      duckdb::FlatVector::GetData(vector), row);
    });
  }

  bool is_null_text(std::string_view field) const {
    return std::find(options_.null_texts.begin(), options_.null_texts.end(), field) != options_.null_texts.end();
  }

  void add_fault(uint16_t slot, Fault fault, std::string_view record, size_t at, std::string_view shown) {
    RecordFault entry;
    entry.slot = slot;
    entry.fault = fault;
    set_place(entry, record, at, block_->encoding, '\n');
    entry.snippet = snippet(shown);
    list_.faults.push_back(std::move(entry));
  }

  const FixedOptions& options_;
  const std::vector<Slot>& slots_;
  Fields fields_;
  std::shared_ptr<const Block> block_;
  size_t at_ = 0;
  size_t end_ = 0;
  uint64_t line_ = 1;
  uint64_t record_line_ = 1;
  bool by_bytes_ = false;
  FaultList list_;
  std::string scratch_;
};

}  // namespace

std::unique_ptr<Decoder> make_decoder(const FixedOptions& options, const std::vector<Slot>& slots) {
  return std::make_unique<FixedDecoder>(options, slots);
}

}  // namespace ingot::fixed
