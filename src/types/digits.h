#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace ingot::exact {

static_assert(std::endian::native == std::endian::little, "words are read with the first character lowest");

inline constexpr uint64_t kEachByte = 0x0101010101010101;
inline constexpr uint64_t kZeros = '0' * kEachByte;

inline uint64_t load8(const char* p) {
  uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

inline uint64_t load4(const char* p) {
  uint32_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

/// Returns the first `n` (1 to 7) characters, reading no byte beyond them.
inline uint64_t load_short(const char* p, size_t n) {
  // The reads overlap where n is odd; both give the same bits there.
  if (n >= 4) return load4(p) | load4(p + n - 4) << (8 * (n - 4));
  const auto at = [p](size_t i) { return uint64_t{static_cast<unsigned char>(p[i])} << (8 * i); };
  return at(0) | at(n / 2) | at(n - 1);
}

/// Moves the first `n` (1 to 8) characters of a word to its end and puts zeros before them.
inline uint64_t pad_with_zeros(uint64_t word, size_t n) {
  const size_t shift = 8 * (8 - n);
  return word << shift | (kZeros & ((uint64_t{1} << shift) - 1));
}

inline bool are_digits(uint64_t word) {
  constexpr uint64_t kHigh = 0xF0 * kEachByte;
  // A carry out of a byte needs a byte of 0xFA or more, whose own high half is refused anyway.
  return ((word & kHigh) | ((word + 6 * kEachByte) & kHigh) >> 4) == 0x33 * kEachByte;
}

/// Returns the value of eight digits; three multiplications. Source: D. Lemire, "Quickly parsing eight digits", 2018.
inline uint64_t eight_digits(uint64_t word) {
  constexpr uint64_t kMask = 0x000000FF000000FF;
  word -= kZeros;
  word = word * 10 + (word >> 8);
  return (((word & kMask) * (100 + (uint64_t{1'000'000} << 32))) +
          (((word >> 16) & kMask) * (1 + (uint64_t{10'000} << 32)))) >>
         32;
}

inline constexpr size_t kMaxWordDigits = 19;

/// Reads exactly `n` (1 to 19) characters as digits; false if any is not one. Reads no byte beyond them.
inline bool read_digits(const char* p, size_t n, uint64_t& out) {
  constexpr uint64_t kHundredMillion = 100'000'000;
  if (n < 8) {
    const uint64_t word = pad_with_zeros(load_short(p, n), n);
    out = eight_digits(word);
    return are_digits(word);
  }
  const uint64_t last = load8(p + n - 8);
  bool good = are_digits(last);
  out = eight_digits(last);
  if (n > 8) {
    const uint64_t middle = n >= 16 ? load8(p + n - 16) : pad_with_zeros(load8(p), n - 8);
    good &= are_digits(middle);
    out += eight_digits(middle) * kHundredMillion;
  }
  if (n > 16) {
    const uint64_t first = pad_with_zeros(load8(p), n - 16);
    good &= are_digits(first);
    out += eight_digits(first) * kHundredMillion * kHundredMillion;
  }
  return good;
}

}  // namespace ingot::exact
