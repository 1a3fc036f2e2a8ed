#include "types/number_text.h"

#include "types/digits.h"

namespace ingot::exact {

namespace {

// Beyond any text's length, so that no digits could make up for it, and far from overflow.
constexpr int64_t kHugeExponent = 1'000'000'000'000'000;

bool take_sign(std::string_view& text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  return negative;
}

std::string_view take_digits(std::string_view& text) {
  size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

// Reads the whole of `text`, which begins after the `e`.
bool read_exponent(std::string_view text, int64_t& exponent) {
  const bool negative = take_sign(text);
  const std::string_view digits = take_digits(text);
  if (digits.empty() || !text.empty()) return false;
  for (const char digit : digits) {
    if (exponent < kHugeExponent) exponent = exponent * 10 + (digit - '0');
  }
  if (negative) exponent = -exponent;
  return true;
}

void drop_leading_zeros(std::string_view& digits) {
  while (!digits.empty() && digits.front() == '0') digits.remove_prefix(1);
}

void drop_trailing_zeros(std::string_view& digits, int64_t& power) {
  while (!digits.empty() && digits.back() == '0') {
    digits.remove_suffix(1);
    ++power;
  }
}

}  // namespace

bool read_number(std::string_view text, NumberText& out) {
  out.negative = take_sign(text);
  out.whole = take_digits(text);
  out.fraction = {};
  out.power = 0;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    out.fraction = take_digits(text);
  }
  if (out.digit_count() == 0) return false;
  if (!text.empty()) {
    if (lower(text.front()) != 'e' || !read_exponent(text.substr(1), out.power)) return false;
  }
  out.power -= static_cast<int64_t>(out.fraction.size());
  drop_trailing_zeros(out.fraction, out.power);
  if (out.fraction.empty()) drop_trailing_zeros(out.whole, out.power);
  drop_leading_zeros(out.whole);
  if (out.whole.empty()) drop_leading_zeros(out.fraction);
  return true;
}

}  // namespace ingot::exact
