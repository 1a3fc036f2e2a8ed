#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "types/fault.h"
#include "types/type.h"

namespace ingot {

/// Exact parsers: text → value, or the reason why not. Never round, never truncate, never wrap, never throw, never
/// allocate. No leading or trailing white space, no `_`, no hex, no locale; digits are ASCII. Empty text is no value of
/// any type. On a fault the output is unspecified. Where several faults apply, the form's comes first (not_a_number,
/// …), then not_an_integer or not_exact of a number, then out_of_range. Any length of text is safe; thread-safe.
/// Sources: SQL literals as PostgreSQL reads them, less what it rounds or ignores; ISO 8601 extended for times.
namespace exact {

__extension__ using int128 = __int128;

/// `[+-]?digits`; a number with a zero fraction or an exponent that leaves an integer (`2.0`, `1e3`) is accepted
/// because it is exactly that integer; `2.5` is not_an_integer; beyond the width is out_of_range. A number's form is
/// `[+-]?(digits[.digits?]|.digits)([eE][+-]?digits)?` throughout.
Fault to_int16(std::string_view text, int16_t& out);
Fault to_int32(std::string_view text, int32_t& out);
Fault to_int64(std::string_view text, int64_t& out);

/// The nearest binary value. Accepts `NaN`, `Infinity`, `-Infinity` (any case; also `inf`). A finite text that would
/// become infinite, or a non-zero one that would become zero, is out_of_range. `-0` keeps its sign.
Fault to_float32(std::string_view text, float& out);
Fault to_float64(std::string_view text, double& out);

/// Value × 10^scale. Digits beyond `scale` must be zero (else not_exact); beyond `precision` is out_of_range.
/// Accepts exponents; NaN and infinities are not_a_number. Needs 1 <= precision <= 38, scale <= precision, as
/// parse_type ensures. |out| < 10^precision.
Fault to_decimal(std::string_view text, uint8_t precision, uint8_t scale, int128& out);

/// `true false t f yes no y n on off 1 0`, any case.
Fault to_boolean(std::string_view text, bool& out);

/// `YYYY-MM-DD`; days since 1970-01-01. Only real days of the years 0001 to 9999: another form is not_a_date, the right
/// form of a day that is none (`2023-02-29`) is out_of_range.
Fault to_date(std::string_view text, int32_t& days);

/// `YYYY-MM-DD[( |T)hh:mm[:ss[.f…]]]`; microseconds since the epoch. More than six digits of fraction must end in
/// zeros (else not_exact). A zone designator as below is has_time_zone. Fields beyond their range are out_of_range,
/// `24:00:00` and leap seconds among them. `t` does for `T`.
Fault to_timestamp(std::string_view text, int64_t& micros);

/// As above, and after a time optionally `Z` or `UTC` (any case), `±hh`, `±hhmm`, `±hh:mm` or `±hh:mm:ss` up to
/// 15:59:59, one space before it allowed; without one, UTC. The instant must lie within the years 0001 to 9999 in UTC.
/// Names and abbreviations (`Europe/Berlin`, `CET`) are not_a_timestamp: they need a database that changes.
Fault to_timestamptz(std::string_view text, int64_t& micros);

/// `hh:mm[:ss[.f…]]`, 00:00:00 to 24:00:00; microseconds since midnight. Faults as of a timestamp, the form's is
/// not_a_time; a zone designator behind it is has_time_zone.
Fault to_time(std::string_view text, int64_t& micros);

/// Months, days and microseconds, which are not converted into one another: neither a month nor a day is of one length.
struct Interval {
  int32_t months = 0;
  int32_t days = 0;
  int64_t micros = 0;
};

/// ISO 8601 `P[nY][nM][nW][nD][T[nH][nM][nS]]`, each n with its own sign, all with one before the P; or as PostgreSQL
/// and DuckDB write it: `1 year 2 mons -3 days 04:05:06.7`, each number with its own sign, units in any order, once
/// each; hours, minutes and seconds either by name or as the last word. Only seconds have a fraction, up to
/// microseconds (else not_exact). A field beyond its integer is out_of_range, and so are the two that PostgreSQL 17
/// takes for infinity.
Fault to_interval(std::string_view text, Interval& out);

/// How many bytes to_binary writes at most; exactly so many where it finds no fault.
size_t binary_size(std::string_view text, Encoding encoding);

/// Writes the bytes that `text` spells to `out`, which has room for binary_size. Any other character, white space too,
/// a half byte, padding that is missing (base64) or bits that are left over are not_binary. Base64 without padding is
/// taken as base64url only.
Fault to_binary(std::string_view text, Encoding encoding, char* out);

/// 8-4-4-4-12 hex digits, any case, or the same 32 digits without hyphens, or either in braces. Big-endian halves.
Fault to_uuid(std::string_view text, uint64_t& high, uint64_t& low);

/// Checks that `text` is one JSON value by RFC 8259 (depth at most `max_depth`, no lone surrogates), white space
/// around it allowed. Else not_json; too_deep; lone_surrogate; bad_utf8; and nul_byte for NUL, raw or as `\u0000`,
/// which RFC 8259 allows but jsonb cannot hold. Numbers may be of any size; keys may repeat. `max_depth` beyond 4096 is
/// 4096.
Fault check_json(std::string_view text, int max_depth = 1000);

/// Checks UTF-8 (no surrogates, no overlong forms). SIMD; the cost is that of reading.
bool is_utf8(std::string_view text);

/// Returns the number of Unicode code points in valid UTF-8.
uint64_t count_chars(std::string_view utf8);

/// Exact cast: a fraction is not_an_integer, beyond ±2^63 or infinite is out_of_range, NaN is not_a_number.
Fault float64_to_int64(double value, int64_t& out);

/// Below 2^53 the shortest decimal text that reads back as `value` decides (0.1 is exactly 0.1, 2.345 into scale 2 is
/// not_exact); from there on the integer that it is.
/// Infinite is out_of_range, NaN is not_a_number. Not for a widened float32, whose shortest text is a longer one.
Fault float64_to_decimal(double value, uint8_t precision, uint8_t scale, int128& out);

}  // namespace exact
}  // namespace ingot
