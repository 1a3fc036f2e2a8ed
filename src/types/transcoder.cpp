// UTF-8 out of other encodings. Most text is ASCII, of which eight or sixteen bytes are done at a time.

#include <bit>
#include <cstring>

#include "types/digits.h"
#include "types/encoding.h"
#include "types/encoding_tables.h"
#include "types/exact.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ingot {

namespace {

using Step = Transcoder::Step;

constexpr size_t kRun = 16;  // bytes of ASCII at a time; at most kMaxMade
constexpr char kNoCharacter = '\xFF';

/// Writes a code point, or half of a surrogate pair in the same way.
char* put(char32_t point, char* out) {
  const auto tail = [](char32_t bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
  if (point < 0x80) {
    *out++ = static_cast<char>(point);
  } else if (point < 0x800) {
    *out++ = static_cast<char>(0xC0 | point >> 6);
    *out++ = tail(point);
  } else if (point < 0x10000) {
    *out++ = static_cast<char>(0xE0 | point >> 12);
    *out++ = tail(point >> 6);
    *out++ = tail(point);
  } else {
    *out++ = static_cast<char>(0xF0 | point >> 18);
    *out++ = tail(point >> 12);
    *out++ = tail(point >> 6);
    *out++ = tail(point);
  }
  return out;
}

/// The UTF-8 of one byte, with its length.
struct Made {
  char bytes[3];
  uint8_t size;
};
using MadeOfByte = std::array<Made, 128>;

constexpr MadeOfByte made_of(const UpperHalf& characters) {
  MadeOfByte made{};
  for (size_t i = 0; i < made.size(); ++i) {
    const char16_t c = characters[i];
    if (c == 0) {
      made[i] = {{kNoCharacter, 0, 0}, 1};
    } else if (c < 0x800) {
      made[i] = {{static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F)), 0}, 2};
    } else {
      made[i] = {{static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
                  static_cast<char>(0x80 | (c & 0x3F))},
                 3};
    }
  }
  return made;
}

const MadeOfByte& made_of(Charset encoding) {
  static constexpr MadeOfByte kOfLatin1 = made_of(kLatin1), kOfLatin2 = made_of(kLatin2), kOfLatin9 = made_of(kLatin9),
                              kOf1250 = made_of(kWindows1250), kOf1251 = made_of(kWindows1251),
                              kOf1252 = made_of(kWindows1252), kOf850 = made_of(kCp850), kOfKoi8r = made_of(kKoi8r);
  switch (encoding) {
    case Charset::latin2:
      return kOfLatin2;
    case Charset::latin9:
      return kOfLatin9;
    case Charset::windows1250:
      return kOf1250;
    case Charset::windows1251:
      return kOf1251;
    case Charset::windows1252:
      return kOf1252;
    case Charset::cp850:
      return kOf850;
    case Charset::koi8r:
      return kOfKoi8r;
    default:
      return kOfLatin1;
  }
}

bool is_ascii(const char* in) {
  constexpr uint64_t kHigh = 0x80 * exact::kEachByte;
  return ((exact::load8(in) | exact::load8(in + 8)) & kHigh) == 0;
}

Step from_bytes(const MadeOfByte& made, std::string_view text, char* out, size_t capacity) {
  const char* in = text.data();
  const char* const end = in + text.size();
  char* to = out;
  char* const full = out + capacity;
  while (in < end && full - to >= static_cast<ptrdiff_t>(Transcoder::kMaxMade)) {
    if (end - in >= static_cast<ptrdiff_t>(kRun) && is_ascii(in)) {
      std::memcpy(to, in, kRun);
      in += kRun;
      to += kRun;
      continue;
    }
    const char* const stop = end - in >= 8 ? in + 8 : end;  // at most 24 bytes
    for (; in < stop; ++in) {
      const auto byte = static_cast<unsigned char>(*in);
      if (byte < 0x80) {
        *to++ = *in;
        continue;
      }
      const Made& character = made[byte - 0x80];
      std::memcpy(to, character.bytes, sizeof character.bytes);
      to += character.size;
    }
  }
  return {static_cast<size_t>(in - text.data()), static_cast<size_t>(to - out)};
}

template <bool big>
char32_t unit_at(const char* in) {
  const auto first = static_cast<unsigned char>(in[0]), second = static_cast<unsigned char>(in[1]);
  return big ? static_cast<char32_t>(first << 8 | second) : static_cast<char32_t>(second << 8 | first);
}

/// Narrows eight units if all are ASCII.
template <bool big>
bool narrow(const char* in, char* out) {
#if defined(__SSE2__)
  __m128i units = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in));
  if constexpr (big) units = _mm_or_si128(_mm_slli_epi16(units, 8), _mm_srli_epi16(units, 8));
  const __m128i beyond = _mm_and_si128(units, _mm_set1_epi16(static_cast<short>(0xFF80)));
  if (_mm_movemask_epi8(_mm_cmpeq_epi16(beyond, _mm_setzero_si128())) != 0xFFFF) return false;
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_packus_epi16(units, units));
#else
  for (size_t i = 0; i < 8; ++i) {
    if (unit_at<big>(in + 2 * i) >= 0x80) return false;
  }
  for (size_t i = 0; i < 8; ++i) out[i] = static_cast<char>(unit_at<big>(in + 2 * i));
#endif
  return true;
}

template <bool big>
Step from_utf16(std::string_view text, char* out, size_t capacity, bool last) {
  const char* in = text.data();
  const char* const end = in + text.size();
  char* to = out;
  char* const full = out + capacity;
  while (end - in >= 2 && full - to >= static_cast<ptrdiff_t>(Transcoder::kMaxMade)) {
    if (end - in >= 16 && narrow<big>(in, to)) {
      in += 16;
      to += 8;
      continue;
    }
    char32_t point = unit_at<big>(in);
    if ((point & 0xFC00) == 0xD800) {
      if (end - in < 4 && !last) break;
      const char32_t low = end - in < 4 ? 0 : unit_at<big>(in + 2);
      if ((low & 0xFC00) == 0xDC00) {
        point = 0x10000 + ((point & 0x3FF) << 10 | (low & 0x3FF));
        in += 2;
      }
    }
    in += 2;
    to = put(point, to);
  }
  return {static_cast<size_t>(in - text.data()), static_cast<size_t>(to - out)};
}

}  // namespace

Transcoder::Step Transcoder::run(std::string_view in, char* out, size_t capacity, bool last) const {
  if (encoding_ == Charset::utf16le) return from_utf16<false>(in, out, capacity, last);
  if (encoding_ == Charset::utf16be) return from_utf16<true>(in, out, capacity, last);
  return from_bytes(made_of(encoding_), in, out, capacity);
}

uint64_t encoded_size(Charset encoding, std::string_view text) {
  if (encoding == Charset::utf8) return text.size();
  const uint64_t characters = exact::count_chars(text);
  if (!is_utf16(encoding)) return characters;
  uint64_t pairs = 0;
  for (const char c : text) pairs += static_cast<unsigned char>(c) >= 0xF0;
  return 2 * (characters + pairs);
}

}  // namespace ingot
