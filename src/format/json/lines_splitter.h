#pragma once

#include <memory>

#include "format/format.h"

namespace ingot::json {

/// Cuts NDJSON after the last LF: a raw LF cannot be part of a JSON string, so that a broken line costs itself only.
/// The decoder finds the lines; lines of white space are no records.
std::unique_ptr<Splitter> make_lines_splitter();

/// Counts LF bytes; the cost is that of reading.
uint64_t count_newlines(std::string_view text);

}  // namespace ingot::json
