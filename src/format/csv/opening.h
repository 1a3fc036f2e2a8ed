#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "format/csv/record.h"

namespace ingot::csv {

/// The first record of a unit, or several that are its header.
struct Opening {
  size_t before = 0;          ///< bytes before it: empty lines and comments
  uint32_t lines_before = 0;  ///< ends of lines among them
  PlainRecord record;         ///< of several rows: each field's texts joined by spaces, empty ones left out
};

/// Reads the opening of `rows` records. Returns nothing where there is no record; one that is not complete where `text`
/// ends before it does.
std::optional<Opening> read_opening(std::string_view text, const Dialect& dialect, uint32_t rows, bool last);

/// Returns the bytes of the first `count` lines, or nothing where there are fewer.
std::optional<size_t> measure_lines(std::string_view text, uint32_t count, char newline);

}  // namespace ingot::csv
