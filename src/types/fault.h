#pragma once

#include <cstdint>
#include <string_view>

namespace ingot {

/// Why a record or one of its values was rejected: the reason codes of `ingot.rejects`. Zero is "nothing wrong".
/// Names are stable (see `fault_name`); numbers are not stored.
enum class Fault : uint8_t {
  none = 0,
  // the record's own form
  ragged,          ///< CSV: too many or too few fields
  bad_quoting,     ///< CSV: text after a closing quote
  bad_json,        ///< not RFC 8259
  bad_literal,     ///< not a Python literal
  no_json_value,   ///< a Python literal without a JSON meaning: bytes, a set, a complex number, …
  not_an_object,   ///< JSON: a record that is not an object
  too_deep,        ///< JSON: nesting beyond the limit
  duplicate_key,   ///< JSON: a declared field occurs twice
  unknown_field,   ///< a field that no column takes, with `drift: reject`
  lone_surrogate,  ///< JSON: \ud800 and the like without its partner
  bad_utf8,
  nul_byte,  ///< NUL, as a byte or as \u0000
  // a value against its declared type
  not_a_number,
  not_an_integer,  ///< a number with a fraction where an integer is declared
  out_of_range,    ///< does not fit the integer, float, decimal's precision, date or timestamp
  not_exact,       ///< would have to be rounded: more digits after the point than declared, or finer than microseconds
  not_a_boolean,
  not_a_date,
  not_a_timestamp,
  not_a_time,
  not_an_interval,
  not_a_uuid,
  not_binary,     ///< bytes spelt otherwise than declared
  not_an_array,   ///< neither a JSON array nor PostgreSQL's `{…}`
  not_json,       ///< text declared json that is not JSON
  has_time_zone,  ///< an offset where timestamp without time zone is declared
  wrong_shape,    ///< a JSON object or array (or a boolean, a number) where the type cannot take one
  too_long,       ///< more characters than varchar(n)
  not_in_enum,    ///< none of the values of enum(…)
  // the contract
  missing,            ///< required, and absent or NULL
  null_key,           ///< a key column is NULL
  expression_failed,  ///< a `value` or `where` that failed on this record
  no_table,           ///< several tables, and no `when` is true
  // the target
  conflict,    ///< loaded again, and a later record has written its key
  constraint,  ///< refused by a constraint of the target; its name is kept beside
  refused,     ///< refused by the target for another reason that is the row's own; SQLSTATE is kept beside
};

/// Returns the stable name, e.g. "not_a_number".
std::string_view fault_name(Fault fault);

/// Returns one short sentence for people, e.g. "not a number".
std::string_view fault_text(Fault fault);

}  // namespace ingot
