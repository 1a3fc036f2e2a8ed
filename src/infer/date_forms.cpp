#include "infer/date_forms.h"

#include <array>
#include <cstdlib>

#include "core/names.h"

namespace ingot::infer {

namespace {

enum Order : uint8_t { dmy, mdy, ymd };

struct Pattern {
  DateForm form;
  Order order;
  std::string_view first;   // what stands between the first and the second part
  std::string_view second;  // between the second and the third
  bool month_name;
};

constexpr std::array<Pattern, kDateForms> kPatterns = {{
    {{"%d.%m.%Y", "31.12.2024"}, dmy, ".", ".", false},
    {{"%d/%m/%Y", "31/12/2024"}, dmy, "/", "/", false},
    {{"%m/%d/%Y", "12/31/2024"}, mdy, "/", "/", false},
    {{"%d-%m-%Y", "31-12-2024"}, dmy, "-", "-", false},
    {{"%m-%d-%Y", "12-31-2024"}, mdy, "-", "-", false},
    {{"%Y/%m/%d", "2024/12/31"}, ymd, "/", "/", false},
    {{"%Y.%m.%d", "2024.12.31"}, ymd, ".", ".", false},
    {{"%d %b %Y", "31 Dec 2024"}, dmy, " ", " ", true},
    {{"%b %d, %Y", "Dec 31, 2024"}, mdy, " ", ", ", true},
    {{"%m %d, %Y", "12 31, 2024"}, mdy, " ", ", ", false},
}};

constexpr std::string_view kMonths = "janfebmaraprmayjunjulaugsepoctnovdec";

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

bool take_number(std::string_view& text, size_t least, size_t most, int& out) {
  size_t size = 0;
  out = 0;
  while (size < text.size() && size < most && text[size] >= '0' && text[size] <= '9') {
    out = out * 10 + (text[size++] - '0');
  }
  text.remove_prefix(size);
  return size >= least;
}

bool take_month(std::string_view& text, bool by_name, int& out) {
  if (!by_name) return take_number(text, 1, 2, out);
  const std::string name = folded_name(text.substr(0, 3));
  const size_t at = name.size() == 3 ? kMonths.find(name) : kMonths.npos;
  if (at == kMonths.npos || at % 3 != 0) return false;
  out = static_cast<int>(at / 3) + 1;
  text.remove_prefix(3);
  return true;
}

bool is_day(int year, int month, int day) {
  constexpr int kDays[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > kDays[month - 1]) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month != 2 || day < 29 || leap;
}

bool is_time(std::string_view text) {
  int hour = 0, minute = 0, second = 0;
  if (!take_number(text, 1, 2, hour) || !take(text, ":") || !take_number(text, 2, 2, minute)) return false;
  if (!text.empty() && (!take(text, ":") || !take_number(text, 2, 2, second))) return false;
  return text.empty() && hour < 24 && minute < 60 && second < 60;
}

uint32_t matches(std::string_view text, const Pattern& shape) {
  int year = 0, month = 0, day = 0;
  const auto part = [&](int number) {
    constexpr char kParts[][4] = {"dmy", "mdy", "ymd"};
    const char what = kParts[shape.order][number];
    if (what == 'y') return take_number(text, 4, 4, year);
    return what == 'm' ? take_month(text, shape.month_name, month) : take_number(text, 1, 2, day);
  };
  if (!part(0) || !take(text, shape.first) || !part(1) || !take(text, shape.second) || !part(2)) return 0;
  if (!is_day(year, month, day)) return 0;
  if (text.empty()) return 1;
  return take(text, " ") && is_time(text) ? 1U << 16 : 0;
}

}  // namespace

const DateForm& date_form(size_t number) { return kPatterns[number].form; }

uint32_t date_forms_of(std::string_view text) {
  uint32_t forms = 0;
  if (text.size() < 8 || text.size() > 22) return forms;
  for (size_t i = 0; i < kPatterns.size(); ++i) forms |= matches(text, kPatterns[i]) << i;
  return forms;
}

}  // namespace ingot::infer
