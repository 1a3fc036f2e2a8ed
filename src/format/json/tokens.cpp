#include "format/json/tokens.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "types/digits.h"

namespace ingot::json {

namespace {

using exact::is_digit;

const char* skip_digits(const char* at, const char* end) {
  while (at != end && is_digit(*at)) ++at;
  return at;
}

constexpr uint8_t kNoHex = 0xff;

constexpr std::array<uint8_t, 256> make_hex_values() {
  std::array<uint8_t, 256> values{};
  values.fill(kNoHex);
  for (int i = 0; i < 10; ++i) values[static_cast<size_t>('0' + i)] = static_cast<uint8_t>(i);
  for (int i = 0; i < 6; ++i) {
    values[static_cast<size_t>('a' + i)] = values[static_cast<size_t>('A' + i)] = static_cast<uint8_t>(10 + i);
  }
  return values;
}

constexpr std::array<uint8_t, 256> kHexValues = make_hex_values();

// What the character after a backslash stands for; 0 for `u` and for those that mean nothing.
constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> escapes{};
  const auto set = [&](char c, char meaning) { escapes[static_cast<unsigned char>(c)] = meaning; };
  set('"', '"');
  set('\\', '\\');
  set('/', '/');
  set('b', '\b');
  set('f', '\f');
  set('n', '\n');
  set('r', '\r');
  set('t', '\t');
  return escapes;
}

constexpr std::array<char, 256> kEscapes = make_escapes();

// Four hex digits; above 0xffff where one is not.
inline uint32_t hex_unit(const char* at) {
  const auto value = [at](int i) { return uint32_t{kHexValues[static_cast<unsigned char>(at[i])]}; };
  const uint32_t a = value(0), b = value(1), c = value(2), d = value(3);
  if (((a | b | c | d) & 0xf0) != 0) return 0x10000;
  return a << 12 | b << 8 | c << 4 | d;
}

bool is_high_surrogate(uint32_t unit) { return (unit & 0xfc00) == 0xd800; }
bool is_low_surrogate(uint32_t unit) { return (unit & 0xfc00) == 0xdc00; }

uint32_t join_surrogates(uint32_t high, uint32_t low) { return 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff); }

// Checks \uXXXX at the backslash `at`, with the partner that a high surrogate needs.
Fault check_unicode(const char*& at, const char* end) {
  if (end - at < 6) return Fault::bad_json;
  const uint32_t unit = hex_unit(at + 2);
  if (unit > 0xffff) return Fault::bad_json;
  if (is_low_surrogate(unit)) return Fault::lone_surrogate;
  if (is_high_surrogate(unit)) {
    if (end - at < 8 || at[6] != '\\' || at[7] != 'u') return Fault::lone_surrogate;
    const uint32_t partner = end - at < 12 ? 0x10000 : hex_unit(at + 8);
    if (partner > 0xffff) return Fault::bad_json;
    if (!is_low_surrogate(partner)) return Fault::lone_surrogate;
    at += 6;
  }
  at += 6;
  return Fault::none;
}

// Copies what comes before the next backslash; may write beyond it.
void copy_plain(const char*& at, const char* end, char*& out) {
  while (at < end) {
#if defined(__SSE2__)
    constexpr size_t kStep = 16;
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    const auto found = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
    const size_t length = found == 0 ? kStep : static_cast<size_t>(std::countr_zero(found));
#else
    constexpr size_t kStep = 8;
    const uint64_t word = exact::load8(at);
    std::memcpy(out, &word, sizeof word);
    const uint64_t difference = word ^ '\\' * exact::kEachByte;
    const uint64_t found = (difference - exact::kEachByte) & ~difference & (0x80 * exact::kEachByte);
    const size_t length = found == 0 ? kStep : static_cast<size_t>(std::countr_zero(found)) / 8;
#endif
    at += length;
    out += length;
    if (found != 0) break;
  }
  if (at > end) {
    out -= at - end;
    at = end;
  }
}

}  // namespace

uint8_t hex_digit(char c) { return kHexValues[static_cast<unsigned char>(c)]; }

char* put_utf8(uint32_t point, char* out) {
  const auto put = [&out](uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | point >> 6);
    put(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  } else {
    put(0xf0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3f));
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  }
  return out;
}

bool is_number(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  if (at != end && *at == '-') ++at;
  if (at == end || !is_digit(*at)) return false;
  at = *at == '0' ? at + 1 : skip_digits(at, end);
  if (at != end && *at == '.') {
    const char* digits = ++at;
    at = skip_digits(at, end);
    if (at == digits) return false;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    const char* digits = at;
    at = skip_digits(at, end);
    if (at == digits) return false;
  }
  return at == end;
}

Fault check_escapes(const char* at, const char* end, const char*& place) {
  while (at != end &&
         (at = static_cast<const char*>(std::memchr(at, '\\', static_cast<size_t>(end - at)))) != nullptr) {
    place = at;
    if (end - at < 2) return Fault::bad_json;
    if (at[1] == 'u') {
      const Fault fault = check_unicode(at, end);
      if (fault != Fault::none) return fault;
    } else {
      if (kEscapes[static_cast<unsigned char>(at[1])] == 0) return Fault::bad_json;
      at += 2;
    }
  }
  return Fault::none;
}

Unescaped unescape(std::string_view raw, char* out) {
  const char* const begin = out;
  const char* at = raw.data();
  const char* const end = at + raw.size();
  bool has_nul = false;
  for (;;) {
    copy_plain(at, end, out);
    if (at == end) break;
    if (at[1] != 'u') {
      *out++ = kEscapes[static_cast<unsigned char>(at[1])];
      at += 2;
      continue;
    }
    uint32_t point = hex_unit(at + 2);
    at += 6;
    if (is_high_surrogate(point)) {
      point = join_surrogates(point, hex_unit(at + 2));
      at += 6;
    }
    has_nul |= point == 0;
    out = put_utf8(point, out);
  }
  return {static_cast<size_t>(out - begin), has_nul};
}

}  // namespace ingot::json
