#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/format_options.h"

namespace ingot {

/// Bytes of a file's beginning that tell how it is written; always as many, however they arrive.
inline constexpr size_t kDialectSample = 128 << 10;

/// How a CSV file seems to be written.
struct CsvGuess {
  CsvOptions options;  ///< as given, and what was found

  bool quoting = false;               ///< quote or escape are not those that were given
  uint32_t left_out = 0;              ///< lines before the header; then options.skip says so
  std::vector<std::string> lines;     ///< these lines
  bool sparse = true;                 ///< none of them has more than one field with something in it, of three or more
  bool only_comments = false;         ///< these lines begin with `#`, or are empty
  std::vector<std::string> second;    ///< the record behind the header
  std::vector<std::string> warnings;  ///< what may be meant where nothing was guessed

  bool plain() const { return !quoting && left_out == 0; }
};

/// Looks at a file's beginning, decompressed, in UTF-8. `whole`: that is all of it.
///
/// Nothing is guessed where the file reads well as it is given: each record with as many fields as the first, two or
/// more, and no quote out of place. Else that reading is taken, of delimiters, quotes (`"`, `'`, none) and escapes
/// (doubled, `\`), under which all records have the same number of fields from one of the first lines on, but for
/// comments (`#`) and what stands at the very end. What is said (CsvOptions::said) is not looked for.
CsvGuess guess_csv(std::string_view sample, bool whole, const CsvOptions& given);

/// Returns a text on one line, in quotes, and cut.
std::string shown_line(std::string_view text);

}  // namespace ingot
