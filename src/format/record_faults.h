#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "format/fault_list.h"
#include "types/encoding.h"

namespace ingot {

/// Fills line_delta and column for `at`, an offset in the record's text. The column counts bytes of the file, whose
/// encoding this is.
void set_place(RecordFault& fault, std::string_view record, size_t at, Charset encoding, char newline);

/// Returns at most RecordFault::kMaxSnippet bytes of `text`, cut at a character's boundary. What is not UTF-8, and
/// NUL, is shown as U+FFFD.
std::string snippet(std::string_view text);

/// Returns the length of the longest prefix of `text` that is valid UTF-8.
size_t valid_utf8_prefix(std::string_view text);

}  // namespace ingot
