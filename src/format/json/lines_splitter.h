#pragma once

#include <memory>

#include "format/format.h"

namespace ingot::json {

/// Cuts NDJSON after the last LF: a raw LF cannot be part of a JSON string, so that a broken line costs itself only.
/// The decoder finds the lines; lines of white space are no records. A line longer than `max_bytes` fails the unit.
std::unique_ptr<Splitter> make_lines_splitter(size_t max_bytes);

/// Counts LF bytes; the cost is that of reading.
uint64_t count_newlines(std::string_view text);

}  // namespace ingot::json
