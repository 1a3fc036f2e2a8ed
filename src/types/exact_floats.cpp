#include <charconv>
#include <cmath>
#include <limits>

#include "types/digits.h"
#include "types/exact.h"

namespace ingot::exact {

namespace {

bool equals_lower(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != lower_case[i]) return false;
  }
  return true;
}

// Is a digit other than 0 before the exponent?
bool is_written_nonzero(std::string_view number) {
  for (const char c : number) {
    if (c >= '1' && c <= '9') return true;
    if (c == 'e' || c == 'E') return false;
  }
  return false;
}

template <class T>
Fault to_special(std::string_view text, T& out) {
  if (equals_lower(text, "nan")) {
    out = std::numeric_limits<T>::quiet_NaN();
    return Fault::none;
  }
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  if (!equals_lower(text, "infinity") && !equals_lower(text, "inf")) return Fault::not_a_number;
  out = negative ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
  return Fault::none;
}

template <class T>
Fault to_float(std::string_view text, T& out) {
  const bool negative = !text.empty() && text.front() == '-';
  const size_t sign = negative || (!text.empty() && text.front() == '+') ? 1 : 0;
  const std::string_view number = text.substr(sign);
  // from_chars would take a second `-`, `nan(…)` and the like.
  if (number.empty() || !(is_digit(number.front()) || number.front() == '.')) return to_special(text, out);
  const char* end = number.data() + number.size();
  T value = 0;
  const auto [stopped, error] = std::from_chars(number.data(), end, value);
  if (error == std::errc::invalid_argument || stopped != end) return Fault::not_a_number;
  // Libraries differ in whether they report overflow and underflow or just return infinity and zero.
  if (error != std::errc{} || std::isinf(value)) return Fault::out_of_range;
  if (value == 0 && is_written_nonzero(number)) return Fault::out_of_range;
  out = negative ? -value : value;
  return Fault::none;
}

}  // namespace

Fault to_float32(std::string_view text, float& out) { return to_float(text, out); }
Fault to_float64(std::string_view text, double& out) { return to_float(text, out); }

Fault float64_to_int64(double value, int64_t& out) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (std::isnan(value)) return Fault::not_a_number;
  if (!(value >= -kTwoTo63 && value < kTwoTo63)) return Fault::out_of_range;
  out = static_cast<int64_t>(value);
  return static_cast<double>(out) == value ? Fault::none : Fault::not_an_integer;
}

Fault float64_to_decimal(double value, uint8_t precision, uint8_t scale, int128& out) {
  if (std::isnan(value)) return Fault::not_a_number;
  if (std::isinf(value)) return Fault::out_of_range;
  // From 2^53 on every double is an integer, whose shortest text is another one: 2^60 would become 1152921504606847000.
  constexpr double kAllIntegers = 9007199254740992.0;
  char digits[330];
  const auto written = std::abs(value) >= kAllIntegers
                           ? std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed, 0)
                           : std::to_chars(digits, digits + sizeof digits, value, std::chars_format::scientific);
  return to_decimal({digits, written.ptr}, precision, scale, out);
}

}  // namespace ingot::exact
