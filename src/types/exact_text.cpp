#include <simdjson.h>

#include <algorithm>

#include "types/digits.h"
#include "types/exact.h"

namespace ingot::exact {

namespace {

// Up to here plain words beat simdjson, which is called through a pointer and copies the last 64 bytes.
constexpr size_t kShort = 64;

// `size` is at least 8.
bool is_ascii(const char* p, size_t size) {
  uint64_t seen = load8(p + size - 8);
  for (size_t i = 0; i + 8 < size; i += 8) seen |= load8(p + i);
  return (seen & 0x80 * kEachByte) == 0;
}

bool is_short_ascii(std::string_view text) {
  if (text.size() >= 8) return is_ascii(text.data(), text.size());
  return text.empty() || (load_short(text.data(), text.size()) & 0x80 * kEachByte) == 0;
}

// One in each byte that continues a character (10xxxxxx).
uint64_t continuations(uint64_t word) { return (word >> 7) & ~(word >> 6) & kEachByte; }

// Adds the eight bytes of a word, each below 256, to at most 2040.
uint64_t sum_bytes(uint64_t word) {
  const uint64_t pairs = (word & 0x00FF00FF00FF00FF) + ((word >> 8) & 0x00FF00FF00FF00FF);
  return (pairs * 0x0001000100010001) >> 48;
}

}  // namespace

bool is_utf8(std::string_view text) {
  if (text.size() <= kShort && is_short_ascii(text)) return true;
  return simdjson::validate_utf8(text.data(), text.size());
}

uint64_t count_chars(std::string_view utf8) {
  // A byte of the sums overflows after 255 words.
  constexpr size_t kStride = 255 * 8;
  uint64_t continued = 0;
  size_t at = 0;
  while (at + 8 <= utf8.size()) {
    const size_t end = std::min(at + kStride, at + (utf8.size() - at) / 8 * 8);
    uint64_t sums = 0;
    for (; at < end; at += 8) sums += continuations(load8(utf8.data() + at));
    continued += sum_bytes(sums);
  }
  if (at < utf8.size()) continued += sum_bytes(continuations(load_short(utf8.data() + at, utf8.size() - at)));
  return utf8.size() - continued;
}

}  // namespace ingot::exact
