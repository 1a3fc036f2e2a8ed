#pragma once

#include <cstdint>
#include <string_view>

namespace ingot::exact {

/// A number as it is written: digits × 10^power, the digits being those of `whole` followed by those of `fraction`.
/// After read_number neither leading nor trailing zeros are left; zero has no digits at all. Points into the text.
struct NumberText {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  int64_t power = 0;

  int64_t digit_count() const { return static_cast<int64_t>(whole.size() + fraction.size()); }
};

/// Reads `[+-]?(digits[.digits?]|.digits)([eE][+-]?digits)?`; false if `text` is anything else. Any length.
bool read_number(std::string_view text, NumberText& out);

}  // namespace ingot::exact
