#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ingot::infer {

/// Ways to write a date that are not ISO 8601.
struct DateForm {
  std::string_view pattern;  ///< as strptime has it: `%d.%m.%Y`
  std::string_view example;  ///< for people: `31.12.2024`
};

inline constexpr size_t kDateForms = 10;
const DateForm& date_form(size_t number);

/// Returns by bit the forms in which `text` is a real day; a bit shifted by 16 says that a time (`hh:mm` or `hh:mm:ss`)
/// follows the day.
uint32_t date_forms_of(std::string_view text);

}  // namespace ingot::infer
