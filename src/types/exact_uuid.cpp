#include "types/digits.h"
#include "types/exact.h"

namespace ingot::exact {

namespace {

constexpr size_t kHexDigits = 32;
constexpr size_t kHyphenated = 36;

// Are all eight bytes of [0-9A-Fa-f]? Bit 7 of each byte carries the verdict.
bool are_hex(uint64_t word) {
  constexpr uint64_t kTop = 0x80 * kEachByte;
  if (word & kTop) return false;
  const uint64_t digit = word ^ kZeros;                                                   // 0..9 for 0..9
  const uint64_t letter = (word | 0x20 * kEachByte) ^ 0x60 * kEachByte;                   // 1..6 for a..f
  const uint64_t is_digit = ~(digit + 0x76 * kEachByte);                                  // at most 9
  const uint64_t is_letter = ~(letter + 0x79 * kEachByte) & (letter + 0x7F * kEachByte);  // at most 6, at least 1
  return ((is_digit | is_letter) & kTop) == kTop;
}

uint64_t eight_hex(uint64_t word) {
  uint64_t value = (word & 0x0F * kEachByte) + ((word >> 6) & kEachByte) * 9;
  value = ((value << 4) | (value >> 8)) & 0x00FF00FF00FF00FF;
  value = (value | value >> 8) & 0x0000FFFF0000FFFF;
  value = (value | value >> 16) & 0xFFFFFFFF;
  return __builtin_bswap32(static_cast<uint32_t>(value));
}

struct Words {
  uint64_t at[4];
};

bool has_hyphens(const char* p) { return p[8] == '-' && p[13] == '-' && p[18] == '-' && p[23] == '-'; }

Words gather_hyphenated(const char* p) {
  return {{load8(p), load4(p + 9) | load4(p + 14) << 32, load4(p + 19) | load4(p + 24) << 32, load8(p + 28)}};
}

Words gather_plain(const char* p) { return {{load8(p), load8(p + 8), load8(p + 16), load8(p + 24)}}; }

}  // namespace

Fault to_uuid(std::string_view text, uint64_t& high, uint64_t& low) {
  if (text.size() > 2 && text.front() == '{' && text.back() == '}') text = text.substr(1, text.size() - 2);
  Words words;
  if (text.size() == kHyphenated && has_hyphens(text.data())) {
    words = gather_hyphenated(text.data());
  } else if (text.size() == kHexDigits) {
    words = gather_plain(text.data());
  } else {
    return Fault::not_a_uuid;
  }
  for (const uint64_t word : words.at) {
    if (!are_hex(word)) return Fault::not_a_uuid;
  }
  high = eight_hex(words.at[0]) << 32 | eight_hex(words.at[1]);
  low = eight_hex(words.at[2]) << 32 | eight_hex(words.at[3]);
  return Fault::none;
}

}  // namespace ingot::exact
