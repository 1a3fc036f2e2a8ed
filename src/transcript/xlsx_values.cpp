#include "transcript/xlsx_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "transcript/civil_time.h"
#include "transcript/json_text.h"

namespace ingot {

namespace {

constexpr int64_t kMillisPerDay = 86'400'000;
constexpr uint32_t kMostColumns = 16'384;  // of a sheet
constexpr double kMostDays = 2'958'466;    // the first of the year 10000

bool is_one_of(char c, std::string_view letters) { return letters.find(c) != letters.npos; }

// Days since 1970-01-01 of a day of the sheet; nothing for one that never was.
std::optional<int64_t> real_day(int64_t serial, bool since_1904) {
  constexpr int64_t k1904 = -24'107, k1900 = -25'569;  // 1904-01-01 and 1899-12-30
  if (since_1904) return serial + k1904;
  if (serial < 1 || serial == 60) return std::nullopt;
  return serial + k1900 + (serial < 60 ? 1 : 0);
}

std::optional<std::string> date_text(double serial, bool clock, bool since_1904) {
  if (!(serial >= 0 && serial < kMostDays)) return std::nullopt;
  const auto millis = static_cast<int64_t>(std::llround(serial * static_cast<double>(kMillisPerDay)));
  const int64_t day = millis / kMillisPerDay, of_day = millis % kMillisPerDay;
  if (day == 0 && (clock || !since_1904)) return clock_text(of_day, 3);
  const auto days = real_day(day, since_1904);
  if (!days) return std::nullopt;
  std::string text = day_text(*days);
  if (of_day != 0) text += " " + clock_text(of_day, 3);
  return text;
}

}  // namespace

CellForm form_of_builtin(int number) {
  if (number == 46) return CellForm::duration;
  if ((number >= 18 && number <= 21) || number == 45 || number == 47) return CellForm::time;
  const bool date = (number >= 14 && number <= 22) || (number >= 27 && number <= 36) || number == 45 || number == 47 ||
                    (number >= 50 && number <= 58) || (number >= 71 && number <= 81);
  return date ? CellForm::date : CellForm::number;
}

CellForm form_of_code(std::string_view code) {
  bool date = false, day = false, clock = false;
  for (size_t i = 0; i < code.size() && code[i] != ';'; ++i) {
    const char c = code[i];
    if (c == '"') {
      i = std::min(code.find('"', i + 1), code.size());
    } else if (c == '\\' || c == '_' || c == '*') {
      ++i;
    } else if (c == '[') {
      const size_t end = std::min(code.find(']', i), code.size());
      const std::string_view within = code.substr(i + 1, end - i - 1);
      const bool elapsed = !within.empty() && within.find_first_not_of("hHmMsS") == within.npos;
      if (elapsed) return CellForm::duration;
      i = end;
    } else if (code.substr(i).starts_with("General")) {
      i += 6;
    } else if (is_one_of(c, "dDmMyYhHsS")) {
      date = true;
      day = day || is_one_of(c, "dDyY");
      clock = clock || is_one_of(c, "hHsS");
    }
  }
  if (clock && !day) return CellForm::time;
  return date ? CellForm::date : CellForm::number;
}

std::optional<std::string> cell_json(std::string_view text, CellForm form, bool since_1904) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  std::string out;
  if (form == CellForm::number) {
    append_json_number(out, value);
    return out;
  }
  std::optional<std::string> made;
  if (form == CellForm::date || form == CellForm::time) {
    made = date_text(value, form == CellForm::time, since_1904);
  } else if (value >= 0 && value < kMostDays) {
    made = clock_text(std::llround(value * static_cast<double>(kMillisPerDay)), 3);
  }
  if (!made) return std::nullopt;
  append_json_string(out, *made);
  return out;
}

std::optional<uint32_t> column_of_cell(std::string_view name) {
  uint32_t column = 0;
  size_t at = 0;
  for (; at < name.size() && name[at] >= 'A' && name[at] <= 'Z' && at < 4; ++at)
    column = column * 26 + static_cast<uint32_t>(name[at] - 'A' + 1);
  if (at == 0 || column > kMostColumns || at == name.size()) return std::nullopt;
  return column - 1;
}

std::string column_letters(uint32_t column) {
  std::string letters;
  for (++column; column > 0; column = (column - 1) / 26)
    letters.insert(0, 1, static_cast<char>('A' + (column - 1) % 26));
  return letters;
}

}  // namespace ingot
