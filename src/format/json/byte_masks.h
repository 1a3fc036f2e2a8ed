#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ingot::json {

/// What 64 bytes hold; bit i is byte i.
struct ByteMasks {
  uint64_t quote = 0;
  uint64_t backslash = 0;
  uint64_t open = 0;   ///< `{` or `[`
  uint64_t close = 0;  ///< `}` or `]`
  uint64_t newline = 0;
};

inline ByteMasks read_masks(const char* bytes) {
  ByteMasks masks;
#if defined(__SSE2__)
  const auto is = [](__m128i bytes16, char c) {
    return static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes16, _mm_set1_epi8(c)))));
  };
  const auto read16 = [&](int i) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i));
    const __m128i curly = _mm_or_si128(v, _mm_set1_epi8(0x20));  // makes a square bracket a curly one
    masks.quote |= is(v, '"') << i;
    masks.backslash |= is(v, '\\') << i;
    masks.open |= is(curly, '{') << i;
    masks.close |= is(curly, '}') << i;
    masks.newline |= is(v, '\n') << i;
  };
  read16(0);
  read16(16);
  read16(32);
  read16(48);
#else
  for (int i = 0; i < 64; ++i) {
    const char c = bytes[i], curly = static_cast<char>(c | 0x20);
    masks.quote |= uint64_t{c == '"'} << i;
    masks.backslash |= uint64_t{c == '\\'} << i;
    masks.open |= uint64_t{curly == '{'} << i;
    masks.close |= uint64_t{curly == '}'} << i;
    masks.newline |= uint64_t{c == '\n'} << i;
  }
#endif
  return masks;
}

/// Bit i: is the number of bits 0 … i odd?
inline uint64_t prefix_xor(uint64_t bits) {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  return bits ^ bits << 32;
}

/// The lowest `count` (0 to 64) bits.
inline uint64_t low_bits(uint64_t count) { return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1; }

}  // namespace ingot::json
