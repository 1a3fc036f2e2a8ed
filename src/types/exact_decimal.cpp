#include <algorithm>
#include <array>

#include "types/digits.h"
#include "types/exact.h"
#include "types/number_text.h"

namespace ingot::exact {

namespace {

constexpr size_t kMaxDigits = 38;

constexpr std::array<int128, kMaxDigits + 1> kPowerOfTen = [] {
  std::array<int128, kMaxDigits + 1> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// Within both, the digits fit one word, and their product with 10^scale fits 127 bits.
constexpr size_t kMaxFastDigits = 18;
constexpr size_t kMaxFastScale = kMaxDigits - kMaxFastDigits;

// Appends digits, by words; the caller knows that they are digits and that they fit.
void append_digits(std::string_view digits, int128& value) {
  while (!digits.empty()) {
    const size_t count = std::min(digits.size(), kMaxFastDigits);
    uint64_t chunk = 0;
    read_digits(digits.data(), count, chunk);
    value = value * kPowerOfTen[count] + chunk;
    digits.remove_prefix(count);
  }
}

// Any length, exponents, and everything that is wrong. Out of line to keep the fast path small.
[[gnu::noinline]] Fault to_unusual_decimal(std::string_view text, uint8_t precision, uint8_t scale, int128& out) {
  NumberText number;
  if (!read_number(text, number)) return Fault::not_a_number;
  out = 0;
  if (number.digit_count() == 0) return Fault::none;
  const int64_t shift = number.power + scale;
  if (shift < 0) return Fault::not_exact;
  if (number.digit_count() + shift > precision) return Fault::out_of_range;
  append_digits(number.whole, out);
  append_digits(number.fraction, out);
  out *= kPowerOfTen[static_cast<size_t>(shift)];
  if (number.negative) out = -out;
  return Fault::none;
}

// Finds the point where it most often is: before exactly `scale` digits; else by looking. Without one, returns the
// size.
size_t find_point(std::string_view digits, size_t scale) {
  if (digits.size() > scale && digits[digits.size() - 1 - scale] == '.') return digits.size() - 1 - scale;
  size_t at = 0;
  while (at < digits.size() && digits[at] != '.') ++at;
  return at;
}

// Reads `digits[.digits]` with at most `scale` digits after the point; false leaves it to the slow path.
bool read_plain(std::string_view digits, size_t scale, int128& out) {
  if (digits.empty() || digits.size() > kMaxFastDigits || scale > kMaxFastScale) return false;
  const size_t point = find_point(digits, scale);
  uint64_t whole = 0;
  if (point == 0 || !read_digits(digits.data(), point, whole)) return false;
  if (point == digits.size()) {
    out = whole * kPowerOfTen[scale];
    return true;
  }
  const size_t places = digits.size() - point - 1;
  uint64_t fraction = 0;
  if (places == 0 || places > scale || !read_digits(digits.data() + point + 1, places, fraction)) return false;
  const auto joined = whole * static_cast<uint64_t>(kPowerOfTen[places]) + fraction;
  out = joined * kPowerOfTen[scale - places];
  return true;
}

}  // namespace

Fault to_decimal(std::string_view text, uint8_t precision, uint8_t scale, int128& out) {
  if (text.empty()) return Fault::not_a_number;
  const bool negative = text.front() == '-';
  const size_t sign = negative || text.front() == '+' ? 1 : 0;
  int128 magnitude = 0;
  if (!read_plain(text.substr(sign), scale, magnitude)) return to_unusual_decimal(text, precision, scale, out);
  if (magnitude >= kPowerOfTen[precision]) return Fault::out_of_range;
  out = negative ? -magnitude : magnitude;
  return Fault::none;
}

}  // namespace ingot::exact
