#pragma once

// Runs a unit through splitter and decoder, as the engine does, and checks on the way what holds in every format.

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "format/decoder.h"
#include "fuzz.h"
#include "types/exact.h"

namespace ingot::fuzz {

struct Record {
  uint64_t offset = 0, length = 0, line = 0;
  std::vector<std::optional<std::string>> values;  // as DuckDB prints them
  std::vector<RecordFault> faults;

  /// Is something wrong with the record as a whole?
  Fault own_fault() const {
    return !faults.empty() && faults[0].slot == RecordFault::kWholeRecord ? faults[0].fault : Fault::none;
  }
};

inline bool same_fault(const RecordFault& a, const RecordFault& b) {
  return a.slot == b.slot && a.fault == b.fault && a.line_delta == b.line_delta && a.column == b.column &&
         a.snippet == b.snippet;
}

/// Are values and faults the same? Addresses are not compared.
inline bool same_content(const Record& a, const Record& b) {
  return a.values == b.values && std::ranges::equal(a.faults, b.faults, same_fault);
}

inline bool same_record(const Record& a, const Record& b) {
  return a.offset == b.offset && a.length == b.length && a.line == b.line && same_content(a, b);
}

struct DecodedUnit {
  std::vector<Record> records;
  std::string error;  // of the unit as a whole
  std::shared_ptr<const UnitLayout> layout;

  bool operator==(const DecodedUnit& other) const {
    // Where a unit fails, how much of it was decoded before depends on how it was cut.
    if (!error.empty()) return error == other.error;
    return other.error.empty() && std::ranges::equal(records, other.records, same_record);
  }
};

/// How a unit's bytes arrive and its records are asked for.
struct Manner {
  std::array<size_t, 2> pieces{1 << 20, 1 << 20};  // by turns
  size_t max_rows = 64;
  size_t start = 0;   // rows of the chunk that are taken already
  char behind = '"';  // what stands behind the block's bytes, and must not matter
};

inline uint64_t count_lines(std::string_view text) {
  return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

class Unit {
 public:
  Unit(const Format& format, const std::vector<Slot>& slots, std::string_view bytes)
      : format_(format), slots_(slots), bytes_(bytes) {}

  DecodedUnit decode(const Manner& manner) {
    DecodedUnit unit;
    const auto splitter = format_.make_splitter();
    const auto decoder = format_.make_decoder();
    size_t begin = 0, size = 0, turn = 0;
    uint64_t line = 1;
    uint32_t number = 0;
    for (bool last = false; !last;) {
      const size_t seen = size;
      size = std::min(size + manner.pieces[turn++ % 2], bytes_.size() - begin);
      last = begin + size == bytes_.size();
      auto block = std::make_shared<Block>();
      block->bytes.reset(new char[size + kBlockPadding]);
      std::memcpy(block->bytes.get(), bytes_.data() + begin, size);
      std::memset(block->bytes.get() + size, manner.behind, kBlockPadding);
      Result<Cut> cut = splitter->split({block->bytes.get(), size}, seen, last);
      if (!cut) {
        require(!cut.error().message.empty(), "an error has a message");
        unit.error = cut.error().message + "\n" + cut.error().hint;
        return unit;
      }
      require(cut->bytes <= size, "no more is cut than there is");
      require(!last || cut->bytes == size, "at the end all is cut");
      if (cut->layout) unit.layout = cut->layout;
      if (cut->bytes == 0) continue;
      require(cut->newlines == count_lines(bytes_.substr(begin, cut->bytes)), "lines are counted");
      block->number = number++;
      block->offset = begin;
      block->line = line;
      block->size = cut->bytes;
      block->index = std::move(cut->index);
      block->layout = std::move(cut->layout);
      begin += cut->bytes;
      line += cut->newlines;
      size -= cut->bytes;
      const uint64_t block_begin = block->offset;
      const size_t known = unit.records.size();
      decoder->start(std::move(block));
      while (read_chunk(*decoder, manner, unit.records)) {
      }
      for (size_t i = known; i < unit.records.size(); ++i) {
        const Record& record = unit.records[i];
        require(record.offset >= block_begin && record.offset + record.length <= begin, "records lie in their block");
      }
    }
    check(unit.records);
    return unit;
  }

  std::string_view text_of(const Record& record) const { return bytes_.substr(record.offset, record.length); }

 private:
  /// Returns whether there were records.
  bool read_chunk(Decoder& decoder, const Manner& manner, std::vector<Record>& out) {
    const size_t most = manner.max_rows, capacity = manner.start + most;
    std::vector<uint64_t> address(3 * capacity);
    duckdb::Vector faults(duckdb::LogicalType::BLOB, capacity);
    duckdb::FlatVector::Validity(faults).SetAllInvalid(capacity);
    std::vector<duckdb::Vector> vectors;
    for (const Slot& slot : slots_) vectors.emplace_back(duckdb_type(slot.type), capacity);
    DecodedRows rows;
    rows.start = manner.start;
    rows.offset = address.data();
    rows.length = rows.offset + capacity;
    rows.line = rows.length + capacity;
    rows.faults = &faults;
    for (duckdb::Vector& vector : vectors) rows.slots.push_back(&vector);
    const size_t count = decoder.decode(most, rows);
    require(count <= most, "no more records than were asked for");
    for (size_t row = rows.start; row < rows.start + count; ++row) {
      Record record{rows.offset[row], rows.length[row], rows.line[row], {}, {}};
      const duckdb::Value packed = faults.GetValue(row);
      if (!packed.IsNull()) record.faults = FaultList::unpack(duckdb::StringValue::Get(packed)).faults;
      require(packed.IsNull() || !record.faults.empty(), "a list of faults is not empty");
      for (size_t slot = 0; slot < slots_.size(); ++slot) {
        if (duckdb::FlatVector::IsNull(vectors[slot], row)) {
          record.values.push_back(std::nullopt);
          continue;
        }
        if (vectors[slot].GetType().id() == duckdb::LogicalTypeId::VARCHAR) {
          const duckdb::string_t raw = duckdb::FlatVector::GetData<duckdb::string_t>(vectors[slot])[row];
          record.values.emplace_back(std::string(raw.GetData(), raw.GetSize()));
          check_text(*record.values.back());
        } else {
          record.values.emplace_back(vectors[slot].GetValue(row).ToString());
        }
      }
      out.push_back(std::move(record));
    }
    return count > 0;
  }

  void check_text(const std::string& text) const {
    require(exact::is_utf8(text), "text is UTF-8", text);
    require(text.find('\0') == text.npos, "text has no NUL", text);
  }

  void check(const std::vector<Record>& records) const {
    uint64_t end = 0, line = 1, counted = 0;
    for (const Record& record : records) {
      require(record.offset >= end && record.offset + record.length <= bytes_.size(), "records follow one another");
      line += count_lines(bytes_.substr(counted, record.offset - counted));
      counted = record.offset;
      require(record.line == line, "a record's line is that of its first byte");
      end = record.offset + record.length;
      const std::string_view text = text_of(record);
      if (record.faults.empty()) {
        require(exact::is_utf8(text) && text.find('\0') == text.npos, "a good record is UTF-8 without NUL", text);
      }
      uint16_t before = 0;
      for (const RecordFault& fault : record.faults) {
        require(fault.fault != Fault::none && fault.snippet.size() <= RecordFault::kMaxSnippet, "a fault says what");
        require(exact::is_utf8(fault.snippet) && fault.snippet.find('\0') == fault.snippet.npos, "a snippet is text");
        require(fault.line_delta <= count_lines(text) && fault.column >= 1, "a fault lies in its record");
        if (fault.slot == RecordFault::kWholeRecord) {
          for (const auto& value : record.values) require(!value, "what cannot be read has no values");
          continue;
        }
        require(record.own_fault() == Fault::none, "what cannot be read has no values with faults");
        require(fault.slot < slots_.size() && fault.slot >= before, "faults are in the order of the slots");
        require(!record.values[fault.slot], "a value with a fault is NULL");
        before = fault.slot;
      }
    }
  }

  const Format& format_;
  const std::vector<Slot>& slots_;
  std::string_view bytes_;
};

}  // namespace ingot::fuzz
