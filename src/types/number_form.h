#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ingot {

/// How numbers are written where people write them. A sign (`+`, `-`, U+2212) stands before the number; a currency
/// before or behind it, with a space between them or not. Separators of thousands stand between groups of three digits,
/// all of them or none.
struct NumberForm {
  enum class Percent : uint8_t {
    none,
    number,    ///< `12.5 %` is 12.5; the sign may be left out
    fraction,  ///< `12.5 %` is 0.125; the sign must be there
  };

  std::string decimal = ".";            ///< one character
  std::vector<std::string> thousands;   ///< one character each; empty: there are none
  std::vector<std::string> currencies;  ///< any texts
  Percent percent = Percent::none;
  bool parentheses = false;     ///< `(5)` is -5
  bool trailing_minus = false;  ///< `5-` is -5

  bool operator==(const NumberForm&) const = default;

  /// Writes `text` as the exact parsers read numbers into `out`; false if it is no such number. Keeps every digit.
  bool read(std::string_view text, std::string& out) const;
};

}  // namespace ingot
