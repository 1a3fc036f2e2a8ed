#include <limits>

#include "types/digits.h"
#include "types/exact.h"
#include "types/number_text.h"

namespace ingot::exact {

namespace {

// `2.0`, `1e3`, many leading zeros, and everything that is wrong. Out of line to keep the fast path small.
[[gnu::noinline]] Fault read_unusual(std::string_view text, uint64_t& magnitude) {
  NumberText number;
  if (!read_number(text, number)) return Fault::not_a_number;
  magnitude = 0;
  if (number.digit_count() == 0) return Fault::none;
  if (number.power < 0) return Fault::not_an_integer;
  if (number.digit_count() + number.power > static_cast<int64_t>(kMaxWordDigits)) return Fault::out_of_range;
  for (const char digit : number.whole) magnitude = magnitude * 10 + static_cast<uint64_t>(digit - '0');
  for (const char digit : number.fraction) magnitude = magnitude * 10 + static_cast<uint64_t>(digit - '0');
  for (int64_t i = 0; i < number.power; ++i) magnitude *= 10;
  return Fault::none;
}

template <class T>
Fault to_integer(std::string_view text, T& out) {
  if (text.empty()) return Fault::not_a_number;
  const bool negative = text.front() == '-';
  const size_t sign = negative || text.front() == '+' ? 1 : 0;
  const size_t digits = text.size() - sign;
  uint64_t magnitude = 0;
  if (digits - 1 >= kMaxWordDigits || !read_digits(text.data() + sign, digits, magnitude)) {
    const Fault fault = read_unusual(text, magnitude);
    if (fault != Fault::none) return fault;
  }
  if (magnitude > static_cast<uint64_t>(std::numeric_limits<T>::max()) + negative) return Fault::out_of_range;
  out = static_cast<T>(negative ? 0 - magnitude : magnitude);
  return Fault::none;
}

}  // namespace

Fault to_int16(std::string_view text, int16_t& out) { return to_integer(text, out); }
Fault to_int32(std::string_view text, int32_t& out) { return to_integer(text, out); }
Fault to_int64(std::string_view text, int64_t& out) { return to_integer(text, out); }

}  // namespace ingot::exact
