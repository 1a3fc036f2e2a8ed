#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/csv/dialect.h"

namespace ingot::csv {

/// One record, read byte by byte: for headers, for guessing the dialect and for messages, never for data.
struct PlainRecord {
  std::vector<std::string> fields;  ///< unquoted
  size_t bytes = 0;                 ///< with its line end
  uint32_t newlines = 0;            ///< ends of lines among them
  bool bad_quoting = false;
  bool complete = false;           ///< false: the text ended before the record did, or within quotes
  std::optional<size_t> unclosed;  ///< position of the quote that is still open where the text ended

  bool empty_line() const { return fields.size() == 1 && fields[0].empty() && !quoted; }
  bool quoted = false;  ///< was any field quoted?
};

/// Reads the record at the beginning of `text`. `last`: nothing follows `text`. Precondition: not empty.
PlainRecord read_record(std::string_view text, const Dialect& dialect, bool last);

}  // namespace ingot::csv
