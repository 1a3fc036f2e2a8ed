#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ingot::infer {

/// What a value's text may be declared as without being altered: written back by a database it reads the same, or, of
/// times and numbers, at least means the same.
enum class Form : uint8_t {
  boolean,      ///< `true`, `false`, any case
  integer,      ///< `-?(0|[1-9][0-9]*)` within 64 bits; neither `007` nor `+1` nor `-0`
  decimal,      ///< the same, also with `.` and digits, up to 38 digits in all
  real,         ///< a number whose value a double holds exactly as far as it is written; of JSON's numbers only
  date,         ///< `YYYY-MM-DD`
  timestamp,    ///< a date with a time
  timestamptz,  ///< a date with a time and an offset
  uuid,         ///< 8-4-4-4-12 hexadecimal digits, lower case
};
inline constexpr size_t kForms = 8;

/// Why something that a person would call a number is none of the forms.
enum class Near : uint8_t { none, leading_zero, plus_sign, exponent, white_space, comma };
inline constexpr size_t kNears = 6;

/// A number with separators: `1.234,5` or `1,234.5`. A text may be either, or both.
struct CommaNumber {
  bool fits = false;
  bool grouped = false;  ///< its thousands are set apart
  uint16_t whole_digits = 0;
  uint16_t scale = 0;
};

struct ValueForms {
  uint16_t forms = 0;  ///< bit by Form
  Near near = Near::none;
  uint16_t whole_digits = 0;  ///< of a decimal: before the point; `0.5` has none
  uint16_t scale = 0;         ///< digits after the point
  bool zero_at_end = false;   ///< the last of these is a zero
  CommaNumber decimal_comma;  ///< read with `,` before the fraction and `.` between thousands
  CommaNumber group_comma;    ///< the other way round
  double number = 0;          ///< to compare with; of a decimal or a real

  bool is(Form form) const { return (forms >> static_cast<unsigned>(form) & 1) != 0; }
};

constexpr uint16_t bit_of(Form form) { return static_cast<uint16_t>(1U << static_cast<unsigned>(form)); }

/// Looks at one value that is not empty.
ValueForms forms_of(std::string_view text);

/// Looks at a number of a JSON document.
ValueForms forms_of_number(std::string_view literal);

/// Returns the number of a spelling of NULL that is common in files (`NULL`, `NA`, `-`, …), else -1.
int null_spelling(std::string_view text);
inline constexpr size_t kNullSpellings = 14;
std::string_view null_spelling_text(size_t number);

}  // namespace ingot::infer
