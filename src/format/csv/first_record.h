#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "spec/format_options.h"

namespace ingot::csv {

/// A unit's first record, whatever it is: a header or data.
struct FirstRecord {
  std::vector<std::string> fields;  ///< none: the unit holds no record
  char delimiter = 0;               ///< given, or detected
  size_t end = 0;                   ///< bytes up to the record's end
};

/// Reads the first record of a unit that begins with `text`. Returns nothing where `text` does not hold enough of it
/// yet and is not all (`last`). Errors: source_unreadable (an unclosed quote, bytes that are not UTF-8, …).
Result<std::optional<FirstRecord>> read_first_record(std::string_view text, bool last, const CsvOptions& options);

}  // namespace ingot::csv
