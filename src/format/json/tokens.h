#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "types/fault.h"

namespace ingot::json {

/// White space by RFC 8259.
inline bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

inline const char* skip_space(const char* at, const char* end) {
  while (at != end && is_space(*at)) ++at;
  return at;
}

/// Returns where the white space before `end` begins; not before `begin`.
inline const char* trim_space(const char* begin, const char* end) {
  while (end != begin && is_space(end[-1])) --end;
  return end;
}

/// Is all of `text` one number by RFC 8259?
bool is_number(std::string_view text);

/// Checks the escapes of a string's raw content. Returns bad_json or lone_surrogate, and sets `place` to the backslash
/// concerned. Cost: that of memchr, plus some nanoseconds for each escape.
Fault check_escapes(const char* at, const char* end, const char*& place);

/// Returns the value of a hexadecimal digit, above 15 for other characters.
uint8_t hex_digit(char c);

/// Writes a code point as UTF-8; returns the end.
char* put_utf8(uint32_t point, char* out);

/// What unescape made.
struct Unescaped {
  size_t size = 0;
  bool has_nul = false;  ///< from \u0000
};

/// How many bytes beyond its result unescape may overwrite.
inline constexpr size_t kUnescapeSlack = 16;

/// Writes what `raw` stands for to `out`, which has room for raw.size() + kUnescapeSlack bytes. Reads up to
/// kUnescapeSlack bytes beyond `raw`. Precondition: check_escapes found nothing.
Unescaped unescape(std::string_view raw, char* out);

}  // namespace ingot::json
