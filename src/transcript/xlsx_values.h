#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ingot {

/// What a cell's style makes of its number.
enum class CellForm : uint8_t {
  number,
  date,      ///< a day, perhaps with a time; less than a day is a time of day, in the 1900 system
  time,      ///< a time of day; from one day on a day with a time
  duration,  ///< hours may be more than a day has
};

/// Tells by a number format's code, such as `yyyy-mm-dd` or `[h]:mm`.
CellForm form_of_code(std::string_view code);

/// Tells by the number of a format that needs no code.
CellForm form_of_builtin(int number);

/// Writes a cell's number as JSON: a number, the shortest that reads back as the same double, but as it is written
/// where it has digits that no double would be written with (1234567890123456789); or, by its style, a text:
/// `2024-01-31`, `2024-01-31 12:30:00.5`, `12:30:00`. In the 1900 system day 60 is 29 February of a year that had none,
/// and is no date. Times are rounded to milliseconds, as spreadsheets show them. Nothing where `text` is no number, or
/// the number is no date.
std::optional<std::string> cell_json(std::string_view text, CellForm form, bool since_1904);

/// Decodes `_x000D_` and the like, which stand for a UTF-16 unit of a text. What is no character, half a surrogate pair
/// or NUL, stays as it is written.
std::string decode_escapes(std::string_view text);

/// Returns the column's number, from 0, of a cell's name such as `AB12`; nothing where it is none.
std::optional<uint32_t> column_of_cell(std::string_view name);

/// Returns a column's letters.
std::string column_letters(uint32_t column);

}  // namespace ingot
