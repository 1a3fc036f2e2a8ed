#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "types/fault.h"
#include "types/type.h"

namespace ingot {

/// Exact parsers: text → value, or the reason why not. Never round, never truncate, never wrap, never throw, never
/// allocate. No leading or trailing white space, no `_`, no hex, no locale. On a fault the output is unspecified.
/// Sources: SQL literals as PostgreSQL reads them, less what it rounds or ignores; ISO 8601 extended for times.
namespace exact {

__extension__ using int128 = __int128;

/// `[+-]?digits`; a number with a zero fraction or an exponent that leaves an integer (`2.0`, `1e3`) is accepted
/// because it is exactly that integer; `2.5` is not_an_integer; beyond the width is out_of_range.
Fault to_int16(std::string_view text, int16_t& out);
Fault to_int32(std::string_view text, int32_t& out);
Fault to_int64(std::string_view text, int64_t& out);

/// The nearest binary value. Accepts `NaN`, `Infinity`, `-Infinity` (any case; also `inf`). A finite text that would
/// become infinite, or a non-zero one that would become zero, is out_of_range.
Fault to_float32(std::string_view text, float& out);
Fault to_float64(std::string_view text, double& out);

/// Value × 10^scale. Digits beyond `scale` must be zero (else not_exact); beyond `precision` is out_of_range.
/// Accepts exponents. |out| < 10^38.
Fault to_decimal(std::string_view text, uint8_t precision, uint8_t scale, int128& out);

/// `true false t f yes no y n on off 1 0`, any case.
Fault to_boolean(std::string_view text, bool& out);

/// `YYYY-MM-DD`; days since 1970-01-01. Only real days of the years 0001 to 9999.
Fault to_date(std::string_view text, int32_t& days);

/// `YYYY-MM-DD[( |T)hh:mm[:ss[.f…]]]`; microseconds since the epoch. More than six digits of fraction must end in
/// zeros (else not_exact). A zone designator is has_time_zone. `24:00:00` and leap seconds are out_of_range.
Fault to_timestamp(std::string_view text, int64_t& micros);

/// As above with an optional `Z`, `UTC` or `±hh[[:]mm[:ss]]` (a space before it allowed); without one, UTC.
Fault to_timestamptz(std::string_view text, int64_t& micros);

/// 8-4-4-4-12 hex digits, any case, or the same 32 digits without hyphens, or either in braces. Big-endian halves.
Fault to_uuid(std::string_view text, uint64_t& high, uint64_t& low);

/// Checks that `text` is one JSON value by RFC 8259 (depth at most `max_depth`, no lone surrogates), white space
/// around it allowed.
Fault check_json(std::string_view text, int max_depth = 1000);

/// Checks UTF-8 (no surrogates, no overlong forms). SIMD; the cost is that of reading.
bool is_utf8(std::string_view text);

/// Returns the number of Unicode code points in valid UTF-8.
uint64_t count_chars(std::string_view utf8);

/// Does any finite `value` equal an integer within ±2^63? Used for exact casts.
Fault float64_to_int64(double value, int64_t& out);

/// The shortest decimal text that reads back as `value` decides: 0.1 is exactly 0.1, 2.345 into scale 2 is not_exact.
Fault float64_to_decimal(double value, uint8_t precision, uint8_t scale, int128& out);

}  // namespace exact
}  // namespace ingot
