#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ingot::csv {

/// How records are written, once the delimiter is known.
struct Dialect {
  char delimiter = ',';
  char quote = '"';     ///< 0: there are no quotes
  char escape = 0;      ///< 0: quotes are doubled; else stands before a quote or itself within quotes
  char comment = 0;     ///< a line that begins with it is none; 0: there are no comments
  char newline = '\n';  ///< what ends a line: LF, a CR before it being part of the end; or CR, LF being text
  std::string delimiter_rest = {};  ///< what follows `delimiter` where it is the first of several characters

  /// Does `text` begin with the delimiter?
  bool delimits(std::string_view text) const {
    return !text.empty() && text[0] == delimiter && text.substr(1).starts_with(delimiter_rest);
  }

  bool operator==(const Dialect&) const = default;
};

/// UTF-8's, skipped at a unit's beginning.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// The longest data that a block's 32-bit positions can describe.
inline constexpr uint64_t kMaxBlockBytes = 0xffff'ff00ULL;

}  // namespace ingot::csv
