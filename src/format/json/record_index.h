#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "format/format.h"

namespace ingot::json {

/// Where a record lies in its block, white space around it excluded.
struct RecordPlace {
  uint32_t begin = 0;
  uint32_t size = 0;
  uint32_t line_delta = 0;  ///< LF bytes between the block's first byte and the record's
};

/// The records of a block whose records are not lines.
struct ValuesIndex final : RecordIndex {
  std::vector<RecordPlace> records;
  uint64_t column = 1;  ///< of the block's first byte in its line
};

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Positions within a block are 32 bits wide.
inline constexpr size_t kMaxBlockBytes = 0xffff'ff00;

}  // namespace ingot::json
