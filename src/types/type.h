#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.h"

namespace ingot {

/// The kinds of value that a contract can declare.
enum class Kind : uint8_t {
  boolean,
  int16,
  int32,
  int64,
  float32,
  float64,
  decimal,      ///< exact, 1 to 38 digits
  text,         ///< UTF-8 without NUL
  date,         ///< proleptic Gregorian, years 0001 to 9999
  timestamp,    ///< without zone, microseconds
  timestamptz,  ///< an instant, microseconds; text without an offset is UTC
  time,         ///< of day, without zone, microseconds; 00:00 to 24:00
  interval,     ///< months, days and microseconds, kept apart
  uuid,
  json,    ///< any JSON value, kept as its text
  binary,  ///< bytes
  array,   ///< of one dimension, NULLs among its elements allowed
};

/// How text spells bytes.
enum class Encoding : uint8_t {
  prefixed_hex,  ///< `\x0aFF`, as PostgreSQL writes it
  hex,           ///< the same without `\x`
  base64,        ///< RFC 4648, section 4, padded
  base64url,     ///< RFC 4648, section 5, padded or not
};

/// A declared type. Equal types compare equal.
struct Type {
  Kind kind = Kind::text;
  uint8_t precision = 0;                       ///< decimal: digits in all, 1..38
  uint8_t scale = 0;                           ///< decimal: digits after the point, 0..precision
  uint32_t max_chars = 0;                      ///< text: greatest number of Unicode code points; 0 is unlimited
  Kind element = Kind::text;                   ///< array: of its elements; what stands above is then theirs
  Encoding encoding = Encoding::prefixed_hex;  ///< binary

  bool operator==(const Type&) const = default;
};

/// Parses an SQL type name (`integer`, `numeric(10,2)`, `varchar(420)`, `timestamp with time zone`, …; any case,
/// any spacing). Errors: invalid_pipeline with the nearest valid name, or what to write instead, as hint. Refused are
/// `numeric` without digits (no value could be checked), `char(n)` (blank padding changes values), `float(n)`,
/// `time(p)` and `timestamp(p)` other than 6, and arrays of json, interval, bytea or arrays.
Result<Type> parse_type(std::string_view text);

/// Returns the SQL spelling that both Postgres and DuckDB accept: `numeric(10,2)`, `varchar(420)`, `bytea`, …
std::string sql_name(const Type& type);

/// Returns what tells two declarations apart: sql_name, and how text spells bytes: `bytea(base64)`.
std::string declared_name(const Type& type);

/// The type of an array's elements.
inline Type element_type(const Type& array) { return {array.element, array.precision, array.scale, array.max_chars}; }

}  // namespace ingot
