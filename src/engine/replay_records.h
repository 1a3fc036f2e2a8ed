#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/format.h"
#include "ledger/ledger.h"
#include "source/files/unlinked_file.h"
#include "types/encoding.h"

namespace ingot {

/// A reject that is loaded again.
struct ReplayRecord {
  uint64_t reject = 0;  ///< its number
  uint64_t origin = 0;  ///< the record's first reject
  uint64_t offset = 0;  ///< where the record was read
  uint64_t line = 0;
  bool mended = false;    ///< its bytes are not those that were read
  uint64_t position = 0;  ///< of its bytes in the temporary file
  uint64_t size = 0;
};

/// The rejects of one unit, as a unit of the plan that loads them again.
struct ReplayUnit {
  RejectedUnit of;
  Charset encoding = Charset::utf8;
  std::vector<ReplayRecord> records;  ///< by offset
  uint64_t bytes = 0;
  std::string hash;  ///< of all that is loaded again; tells units of a replay apart
};

/// The rejects that a run loads again, with their bytes in an unlinked temporary file, so that they can be read as
/// often as need be. Once filled it is read by several threads.
class ReplayRecords {
 public:
  static Result<std::unique_ptr<ReplayRecords>> make(const std::string& temp_dir);

  void add_unit(RejectedUnit unit, Charset encoding) { units_.push_back({std::move(unit), encoding, {}, 0, {}}); }
  /// Adds a record, whose bytes are in the file, to one of units(); by offset.
  void add(size_t unit, const ReplayRecord& record);
  /// Writes bytes to the file and returns where they lie. Error resource.
  Result<uint64_t> store(std::string_view bytes);
  /// Reads bytes of the file. Error resource.
  Status read(uint64_t position, char* out, size_t size) const;
  /// Computes the units' hashes. Error resource.
  Status finish();

  std::vector<ReplayUnit>& units() { return units_; }
  /// The unit that stands at this place of the plan.
  const ReplayUnit& unit(uint32_t number) const { return units_[places_.at(number)]; }
  /// Says which of units() are in the plan, and where: pairs of place and index.
  void place(const std::vector<std::pair<uint32_t, size_t>>& places);
  /// The record of a planned unit that was read at this offset.
  const ReplayRecord* find(uint32_t number, uint64_t offset) const;
  /// The first `max_bytes` of a record.
  Result<std::string> bytes(const ReplayRecord& record, size_t max_bytes) const;

  /// Makes the block that holds one record and nothing else, at the place where the record was read; `number` is left
  /// to the caller. Errors: source_unreadable (an open quote, a header that lacks a column, half a unit of UTF-16),
  /// resource.
  Result<std::shared_ptr<Block>> block(uint32_t unit, const ReplayRecord& record, const Format& format) const;

 private:
  explicit ReplayRecords(FileDescriptor file) : file_(std::move(file)) {}

  FileDescriptor file_;
  uint64_t end_ = 0;
  std::vector<ReplayUnit> units_;
  std::map<uint32_t, size_t> places_;
};

}  // namespace ingot
