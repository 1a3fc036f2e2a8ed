#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "types/fault.h"

namespace ingot {

/// One fault of one record. `slot` kWholeRecord: not a value's fault but the record's.
struct RecordFault {
  static constexpr uint16_t kWholeRecord = 0xffff;
  static constexpr size_t kMaxSnippet = 60;
  static constexpr uint32_t kNoElement = 0xffffffff;

  uint16_t slot = kWholeRecord;
  Fault fault = Fault::none;
  uint32_t line_delta = 0;        ///< lines between the record's first byte and the offending place
  uint32_t column = 0;            ///< of the offending place in its line, in bytes, from 1; 0 = unknown
  uint32_t element = kNoElement;  ///< of a slot that is a list: which of its elements
  std::string snippet;            ///< the offending text, at most kMaxSnippet bytes, cut at a character's boundary
};

/// The faults of one record, and their packed form, in which they travel through DuckDB as a BLOB.
struct FaultList {
  std::vector<RecordFault> faults;

  std::string pack() const;
  static FaultList unpack(std::string_view packed);
};

}  // namespace ingot
