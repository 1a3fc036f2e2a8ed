// LiteralReader: strings.

#include <algorithm>
#include <bit>

#include "format/json/literal_reader.h"
#include "format/json/tokens.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ingot::json {

// Strings that follow one another are one.
bool LiteralReader::text() {
  put('"');
  for (bool raw = false; begins_string(raw); skip_space()) {
    if (*at_ != '\'' && *at_ != '"') ++at_;
    if (!string(raw)) return false;
  }
  put('"');
  return true;
}

bool LiteralReader::string(bool raw) {
  const char* const begin = at_;
  const char quote = *at_;
  const size_t quotes = peek(1) == quote && peek(2) == quote ? 3 : 1;
  at_ += quotes;
  for (;;) {
    mark();
    copy_plain(quote);
    if (at_ == end_) return fail(Fault::bad_literal, begin);
    mark();
    const char c = *at_;
    if (c == quote && closes(quote, quotes)) break;
    if (c == '\\') {
      if (!escape(raw)) return false;
    } else if (c == '\r' || c == '\0') {
      return fail_here();
    } else {  // a quote, or a control character
      put_point(static_cast<unsigned char>(c));
      ++at_;
    }
  }
  at_ += quotes;
  return true;
}

// Within three quotes, fewer are text.
bool LiteralReader::closes(char quote, size_t quotes) const {
  return quotes == 1 || (peek(1) == quote && peek(2) == quote);
}

// Copies what stands for itself; may write beyond it.
void LiteralReader::copy_plain(char quote) {
  const char* at = at_;
  char* out = out_;
#if defined(__SSE2__)
  const __m128i quotes = _mm_set1_epi8(quote);
  while (at < end_) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    const __m128i ends = _mm_or_si128(_mm_cmpeq_epi8(bytes, quotes), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    const __m128i special = _mm_or_si128(_mm_or_si128(ends, control), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    const auto found = static_cast<uint32_t>(_mm_movemask_epi8(special));
    const int length = found == 0 ? 16 : std::countr_zero(found);
    at += length;
    out += length;
    if (found != 0) break;
  }
  if (at > end_) {
    out -= at - end_;
    at = end_;
  }
#else
  while (at != end_ && *at != quote && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20)
    *out++ = *at++;
#endif
  at_ = at;
  out_ = out;
}

bool LiteralReader::escape(bool raw) {
  const char c = peek(1);
  if (raw) {
    put_point('\\');
    ++at_;
    if (at_ == end_ || (c != '\'' && c != '"' && c != '\\')) return true;
    put_point(static_cast<unsigned char>(c));
    ++at_;
    return true;
  }
  constexpr std::string_view kLetters = "\\'\"abfnrtv", kMeanings = "\\'\"\a\b\f\n\r\t\v";
  if (const size_t letter = kLetters.find(c); c != '\0' && letter != kLetters.npos) {
    put_point(static_cast<unsigned char>(kMeanings[letter]));
    at_ += 2;
    return true;
  }
  if (c >= '0' && c <= '7') {
    uint32_t point = 0;
    ++at_;
    for (int i = 0; i < 3 && peek() >= '0' && peek() <= '7'; ++i)
      point = point * 8 + static_cast<uint32_t>(*at_++ - '0');
    put_point(point);
    return true;
  }
  if (c == 'x') return escaped_point(2);
  if (c == 'u') return escaped_point(4);
  if (c == 'U') return escaped_point(8);
  if (c == 'N' || c == '\r') return fail_here();
  put_point('\\');  // an escape that means nothing stands for itself
  ++at_;
  return true;
}

bool LiteralReader::escaped_point(size_t digits) {
  uint32_t point = 0;
  for (size_t i = 0; i < digits; ++i) {
    const uint8_t digit = hex_digit(peek(2 + i));
    if (digit > 15) return fail_here();
    point = point << 4 | digit;
  }
  if (point > 0x10ffff) return fail_here();
  put_point(point);
  at_ += 2 + digits;
  return true;
}

void LiteralReader::put_point(uint32_t point) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kShort = "\b\f\n\r\t\"\\", kLetters = "bfnrt\"\\";
  if (const size_t found = point < 0x80 ? kShort.find(static_cast<char>(point)) : kShort.npos; found != kShort.npos) {
    put('\\');
    put(kLetters[found]);
  } else if (point < 0x20 || (point >= 0xd800 && point < 0xe000)) {
    put('\\');
    put('u');
    for (int shift = 12; shift >= 0; shift -= 4) put(kHex[point >> shift & 15]);
  } else {
    out_ = put_utf8(point, out_);
  }
}

}  // namespace ingot::json
