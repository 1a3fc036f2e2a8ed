#pragma once

#include <cstdint>
#include <string_view>

#include "format/format.h"

namespace ingot::json {

/// A line, white space around it excluded.
struct Line {
  std::string_view text;
  uint64_t number = 0;
  uint64_t column = 1;  ///< of the text's first byte
};

/// Finds the lines of a block that are not blank; a unit's byte order mark is passed over.
class LineFinder {
 public:
  /// Begins a block, which outlives the finding.
  void start(const Block& block);

  /// Returns false at the block's end.
  bool next(Line& line);

 private:
  const char* at_ = nullptr;
  const char* line_begin_ = nullptr;
  const char* end_ = nullptr;
  uint64_t number_ = 1;
};

}  // namespace ingot::json
