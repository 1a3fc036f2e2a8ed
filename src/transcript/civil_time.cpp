#include "transcript/civil_time.h"

#include <fmt/format.h>

namespace ingot {

namespace {

constexpr int64_t kSecondsPerDay = 86'400;

int64_t power_of_ten(int digits) {
  int64_t power = 1;
  for (; digits > 0; --digits) power *= 10;
  return power;
}

}  // namespace

// Howard Hinnant, "chrono-compatible low-level date algorithms".
std::string day_text(int64_t days) {
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const int64_t of_era = days - era * 146'097;
  const int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * of_year + 2) / 153;
  const int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return fmt::format("{:04}-{:02}-{:02}", year, month, of_year - (153 * shifted + 2) / 5 + 1);
}

std::string clock_text(int64_t count, int digits) {
  if (count < 0) return fmt::format("{}", count);
  const int64_t unit = power_of_ten(digits);
  const int64_t seconds = count / unit, rest = count % unit;
  std::string text = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (rest != 0) text += fmt::format(".{:0{}}", rest, digits);
  return text;
}

std::string moment_text(int64_t count, int digits) {
  const int64_t per_day = kSecondsPerDay * power_of_ten(digits);
  int64_t days = count / per_day, of_day = count % per_day;
  if (of_day < 0) {
    of_day += per_day;
    --days;
  }
  return day_text(days) + " " + clock_text(of_day, digits);
}

}  // namespace ingot
