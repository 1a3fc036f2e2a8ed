#include "transcript/xlsx_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

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

/// The digits of a number that count, and the power of ten behind the last of them: the same for equal numbers.
struct Digits {
  std::string digits;
  int64_t power = 0;

  bool operator==(const Digits&) const = default;
};

// Of what from_chars has taken for a number.
std::optional<Digits> digits_of(std::string_view text) {
  Digits out;
  const size_t mark = std::min(text.find_first_of("eE"), text.size());
  if (mark < text.size()) {
    std::string_view power = text.substr(mark + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    if (std::from_chars(power.data(), power.data() + power.size(), out.power).ec != std::errc{} ||
        std::abs(out.power) > 100'000)
      return std::nullopt;
  }
  bool point = false;
  for (const char c : text.substr(0, mark)) {
    point = point || c == '.';
    if (c < '0' || c > '9') continue;
    if (c != '0' || !out.digits.empty()) out.digits += c;
    if (point) --out.power;
  }
  for (; out.digits.ends_with('0'); ++out.power) out.digits.pop_back();
  if (out.digits.empty()) out.power = 0;
  return out;
}

bool is_json_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const auto digits = [&] {
    const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  const bool zero = text.starts_with('0');
  const size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (!text.starts_with('e') && !text.starts_with('E')) return text.empty();
  text.remove_prefix(1);
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return digits() > 0 && text.empty();
}

// A double written with 17 digits, as spreadsheets do, becomes the shortest that reads back as the same. Other digits
// than a double's somebody else meant so.
std::optional<std::string> number_json(std::string_view text, double value) {
  constexpr size_t kDoubleDigits = 17;
  constexpr double kAllWhole = 9007199254740992;  // from here on doubles are integers, and have all their digits
  std::string shortest;
  append_json_number(shortest, value);
  const auto written = digits_of(text);
  if (!written) return std::nullopt;
  if (*written == digits_of(shortest)) return shortest;
  const size_t count = written->digits.size();
  if (count > 0 && count <= kDoubleDigits && std::abs(value) < kAllWhole &&
      *written == digits_of(fmt::format("{:.{}e}", value, count - 1)))
    return shortest;
  if (!is_json_number(text)) return std::nullopt;
  return std::string(text);
}

// The UTF-16 unit of an escape `_xHHHH_` at the beginning.
std::optional<uint32_t> escaped_unit(std::string_view text) {
  constexpr size_t kEscapeBytes = 7;
  if (text.size() < kEscapeBytes || !text.starts_with("_x") || text[kEscapeBytes - 1] != '_') return std::nullopt;
  uint32_t unit = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  return error == std::errc{} && end == text.data() + 6 ? std::optional(unit) : std::nullopt;
}

void append_character(std::string& out, uint32_t c) {
  const auto more = [&](int shift) { out += static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    more(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    more(6);
    more(0);
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    more(12);
    more(6);
    more(0);
  }
}

}  // namespace

std::string decode_escapes(std::string_view text) {
  constexpr size_t kEscapeBytes = 7;
  std::string out;
  while (!text.empty()) {
    const size_t plain = std::min(text.find("_x"), text.size());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    const auto unit = escaped_unit(text);
    const auto next = unit && (*unit & 0xfc00) == 0xd800 ? escaped_unit(text.substr(kEscapeBytes)) : std::nullopt;
    if (next && (*next & 0xfc00) == 0xdc00) {
      append_character(out, 0x10000 + ((*unit & 0x3ff) << 10) + (*next & 0x3ff));
      text.remove_prefix(2 * kEscapeBytes);
    } else if (unit && *unit != 0 && (*unit & 0xf800) != 0xd800) {
      append_character(out, *unit);
      text.remove_prefix(kEscapeBytes);
    } else if (!text.empty()) {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

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
  if (form == CellForm::number) return number_json(text, value);
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
