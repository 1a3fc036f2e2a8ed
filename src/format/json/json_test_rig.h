#pragma once

// For tests: runs a unit through splitter and decoder, as the engine does.

#include <algorithm>
#include <cstring>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "format/decoder.h"
#include "format/format.h"

namespace ingot::json {

struct TestFault {
  int slot;  // -1: the whole record
  Fault fault;
  uint64_t line;
  uint32_t column;
  std::string snippet;
  uint32_t element = RecordFault::kNoElement;

  bool operator==(const TestFault&) const = default;
};

inline void PrintTo(const TestFault& f, std::ostream* out) {
  *out << "{slot " << f.slot << " " << fault_name(f.fault) << " " << f.line << ":" << f.column << " «" << f.snippet
       << "»}";
}

struct TestRow {
  std::string text;  // by address
  uint64_t line = 0;
  std::vector<std::optional<std::string>> values;  // as DuckDB prints them
  std::vector<TestFault> faults;

  bool operator==(const TestRow&) const = default;
  Fault fault() const { return faults.empty() ? Fault::none : faults[0].fault; }
};

inline void PrintTo(const TestRow& row, std::ostream* out) {
  *out << "«" << row.text << "» line " << row.line << " [";
  for (const auto& value : row.values) *out << (value ? *value : "NULL") << "|";
  *out << "]";
  for (const auto& fault : row.faults) PrintTo(fault, out);
}

struct TestRun {
  std::vector<TestRow> rows;
  std::string error;

  bool operator==(const TestRun&) const = default;
};

inline void PrintTo(const TestRun& run, std::ostream* out) {
  for (const auto& row : run.rows) PrintTo(row, out), *out << "\n";
  *out << run.error;
}

inline Slot test_slot(std::vector<std::string> paths, std::string_view type) {
  Slot slot;
  for (const auto& path : paths) slot.sources.push_back(path.empty() ? Path{} : *parse_path(path));
  slot.type = *parse_type(type);
  return slot;
}
inline Slot test_slot(std::string path, std::string_view type) { return test_slot(std::vector{std::move(path)}, type); }

inline Slot source_text(std::string path) {
  Slot slot = test_slot(std::move(path), "text");
  slot.as_source_text = true;
  return slot;
}

class TestRig {
 public:
  TestRig(JsonOptions::Layout layout, std::vector<Slot> slots, int max_depth = 200, const std::string& records = "")
      : slots_(std::move(slots)),
        format_(make_json_format({layout, records.empty() ? Path{} : *parse_path(records), max_depth}, slots_)) {}

  /// `pieces`: the sizes in which the unit's bytes arrive, the last one again and again.
  TestRun run(std::string_view unit, std::vector<size_t> pieces = {1 << 20}, size_t max_rows = 2048) const {
    TestRun result;
    const auto splitter = format_->make_splitter();
    const auto decoder = format_->make_decoder();
    uint64_t offset = 0, line = 1;
    size_t size = 0, piece = 0;
    for (bool last = false; !last;) {
      const size_t seen = size;
      size = std::min(size + pieces[std::min(piece++, pieces.size() - 1)], unit.size() - offset);
      last = offset + size == unit.size();
      auto block = std::make_shared<Block>();
      block->bytes = std::make_unique<char[]>(size + kBlockPadding);
      std::memcpy(block->bytes.get(), unit.data() + offset, size);
      std::memset(block->bytes.get() + size, '"', kBlockPadding);  // must not matter
      auto cut = splitter->split({block->bytes.get(), size}, seen, last);
      if (!cut) {
        result.error = cut.error().message;
        return result;
      }
      if (last && cut->bytes != size) result.error = "not all was cut";
      if (cut->bytes == 0) continue;
      block->offset = offset;
      block->line = line;
      block->size = cut->bytes;
      block->index = std::move(cut->index);
      const std::string_view bytes = unit.substr(offset, cut->bytes);
      if (cut->newlines != static_cast<uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'))) {
        result.error = "newlines miscounted";
      }
      offset += cut->bytes;
      line += cut->newlines;
      size -= cut->bytes;
      decoder->start(block);
      block.reset();
      while (decode(*decoder, unit, max_rows, result.rows) > 0) {
      }
    }
    return result;
  }

 private:
  size_t decode(Decoder& decoder, std::string_view unit, size_t max_rows, std::vector<TestRow>& out) const {
    constexpr size_t kStart = 3;
    std::vector<uint64_t> address(3 * STANDARD_VECTOR_SIZE);
    duckdb::Vector faults(duckdb::LogicalType::BLOB);
    duckdb::FlatVector::Validity(faults).SetAllInvalid(STANDARD_VECTOR_SIZE);
    std::vector<std::unique_ptr<duckdb::Vector>> vectors;
    DecodedRows rows;
    rows.start = kStart;
    max_rows = std::min<size_t>(max_rows, STANDARD_VECTOR_SIZE - kStart);
    rows.offset = address.data();
    rows.length = rows.offset + STANDARD_VECTOR_SIZE;
    rows.line = rows.length + STANDARD_VECTOR_SIZE;
    rows.faults = &faults;
    for (const Slot& slot : slots_) {
      vectors.push_back(std::make_unique<duckdb::Vector>(duckdb_type(slot)));
      rows.slots.push_back(vectors.back().get());
    }
    const size_t count = decoder.decode(max_rows, rows);
    for (size_t i = kStart; i < kStart + count; ++i) {
      TestRow row;
      row.text = unit.substr(rows.offset[i], rows.length[i]);
      row.line = rows.line[i];
      for (const auto& vector : vectors) {
        const duckdb::Value value = vector->GetValue(i);
        row.values.push_back(value.IsNull() ? std::nullopt : std::optional(value.ToString()));
      }
      const duckdb::Value packed = faults.GetValue(i);
      if (!packed.IsNull()) {
        for (RecordFault& fault : FaultList::unpack(duckdb::StringValue::Get(packed)).faults) {
          row.faults.push_back({fault.slot == RecordFault::kWholeRecord ? -1 : fault.slot, fault.fault,
                                row.line + fault.line_delta, fault.column, std::move(fault.snippet), fault.element});
        }
      }
      out.push_back(std::move(row));
    }
    return count;
  }

  std::vector<Slot> slots_;
  std::unique_ptr<Format> format_;
};

}  // namespace ingot::json
