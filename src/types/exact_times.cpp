#include <array>

#include "types/digits.h"
#include "types/exact.h"
#include "types/moment.h"

namespace ingot::exact {

namespace {

// ---- form -----------------------------------------------------------------------------------------------------------

// Where a pattern has `0` the word must have a digit, elsewhere the same character. Returns the digits' values, one a
// byte, and zero in the other bytes; false if it does not match.
bool match(uint64_t word, uint64_t pattern, uint64_t digit_bytes, uint64_t& values) {
  constexpr uint64_t kHigh = 0xF0 * kEachByte;
  values = word ^ pattern;
  // Added to a digit's value, 6 reaches bit 4 beyond 9; added to any other's, 15 beyond 0.
  const uint64_t limits = (digit_bytes & 6 * kEachByte) | (~digit_bytes & 15 * kEachByte);
  return ((values | (values + limits)) & kHigh) == 0;
}

uint32_t two_digits(uint64_t values, int byte) {
  const auto tens = static_cast<uint32_t>(values >> (8 * byte)) & 0xFF;
  const auto ones = static_cast<uint32_t>(values >> (8 * byte + 8)) & 0xFF;
  return tens * 10 + ones;
}

bool read_two(const char* p, uint32_t& value) {
  value = static_cast<uint32_t>(p[0] - '0') * 10 + static_cast<uint32_t>(p[1] - '0');
  return is_digit(p[0]) && is_digit(p[1]);
}

constexpr size_t kDateSize = 10;

// Reads `YYYY-MM-DD`, ten characters.
bool read_day(const char* p, Day& day) {
  uint64_t values;
  if (!match(load8(p), 0x2D30302D30303030 /* 0000-00- */, 0x00FFFF00FFFFFFFF, values)) return false;
  day.year = two_digits(values, 0) * 100 + two_digits(values, 2);
  day.month = two_digits(values, 5);
  return read_two(p + 8, day.day);
}

}  // namespace

bool read_fraction(std::string_view& text, Clock& clock) {
  constexpr size_t kMicrosDigits = 6;
  size_t at = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    if (at < kMicrosDigits) {
      clock.micros = clock.micros * 10 + static_cast<uint32_t>(text[at] - '0');
    } else {
      clock.finer_than_micros |= text[at] != '0';
    }
  }
  for (size_t place = at; place < kMicrosDigits; ++place) clock.micros *= 10;
  text.remove_prefix(at);
  return at > 0;
}

namespace {

// Reads `hh:mm[:ss[.f…]]` from the beginning of `text`.
bool read_clock(std::string_view& text, Clock& clock) {
  uint64_t values;
  if (text.size() >= 8 && match(load8(text.data()), 0x30303A30303A3030 /* 00:00:00 */, 0xFFFF00FFFF00FFFF, values)) {
    clock.hour = two_digits(values, 0);
    clock.minute = two_digits(values, 3);
    clock.second = two_digits(values, 6);
    text.remove_prefix(8);
    if (text.empty() || text.front() != '.') return true;
    text.remove_prefix(1);
    return read_fraction(text, clock);
  }
  if (text.size() < 5 || text[2] != ':') return false;
  const bool good = read_two(text.data(), clock.hour) && read_two(text.data() + 3, clock.minute);
  text.remove_prefix(5);
  return good;
}

// Reads `hh`, `hhmm`, `hh:mm` or `hh:mm:ss`, the whole of `text`.
bool read_offset(std::string_view text, Zone& zone) {
  const char* p = text.data();
  switch (text.size()) {
    case 2:
      return read_two(p, zone.hours);
    case 4:
      return read_two(p, zone.hours) && read_two(p + 2, zone.minutes);
    case 5:
      return p[2] == ':' && read_two(p, zone.hours) && read_two(p + 3, zone.minutes);
    case 8:
      return p[2] == ':' && p[5] == ':' && read_two(p, zone.hours) && read_two(p + 3, zone.minutes) &&
             read_two(p + 6, zone.seconds);
    default:
      return false;
  }
}

bool is_utc(std::string_view text) {
  if (text.size() == 1) return lower(text[0]) == 'z';
  return text.size() == 3 && lower(text[0]) == 'u' && lower(text[1]) == 't' && lower(text[2]) == 'c';
}

}  // namespace

bool read_zone(std::string_view text, Zone& zone) {
  if (text.empty()) return true;
  zone.given = true;
  if (text.front() == ' ') text.remove_prefix(1);
  if (is_utc(text)) return true;
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return false;
  zone.behind = text.front() == '-';
  return read_offset(text.substr(1), zone);
}

namespace {

// Reads the whole of `text`; says nothing of ranges.
bool read_moment(std::string_view text, Moment& moment) {
  if (text.size() < kDateSize || !read_day(text.data(), moment.day)) return false;
  text.remove_prefix(kDateSize);
  if (text.empty()) return true;
  if (text.front() != ' ' && lower(text.front()) != 't') return false;
  text.remove_prefix(1);
  return read_clock(text, moment.clock) && read_zone(text, moment.zone);
}

// ---- value ----------------------------------------------------------------------------------------------------------

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
constexpr int64_t kFirstMicros = -719'162 * kMicrosPerDay;  // 0001-01-01
constexpr int64_t kEndMicros = 2'932'897 * kMicrosPerDay;   // 10000-01-01

bool is_leap(uint32_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

constexpr std::array<uint8_t, 13> kDaysOfMonth{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
constexpr std::array<uint16_t, 13> kDaysBeforeMonth{0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};

}  // namespace

Fault count_days(const Day& date, int32_t& days) {
  const auto [year, month, day] = date;
  if (year < 1 || month < 1 || month > 12 || day < 1) return Fault::out_of_range;
  const bool leap = is_leap(year);
  if (day > kDaysOfMonth[month] && !(leap && month == 2 && day == 29)) return Fault::out_of_range;
  const uint32_t before = year - 1;
  const uint32_t since_year_1 = before * 365 + before / 4 - before / 100 + before / 400 + kDaysBeforeMonth[month] +
                                (leap && month > 2 ? 1 : 0) + (day - 1);
  constexpr int32_t kEpochSinceYear1 = 719'162;
  days = static_cast<int32_t>(since_year_1) - kEpochSinceYear1;
  return Fault::none;
}

Fault count_micros(const Moment& moment, int64_t& micros) {
  const Clock& clock = moment.clock;
  int32_t days = 0;
  const Fault fault = count_days(moment.day, days);
  if (fault != Fault::none) return fault;
  if (clock.hour > 23 || clock.minute > 59 || clock.second > 59) return Fault::out_of_range;
  if (clock.finer_than_micros) return Fault::not_exact;
  const uint32_t seconds = clock.hour * 3600 + clock.minute * 60 + clock.second;
  micros = days * kMicrosPerDay + seconds * kMicrosPerSecond + clock.micros;
  return Fault::none;
}

Fault subtract_offset(const Zone& zone, int64_t& micros) {
  if (!zone.given) return Fault::none;
  if (zone.hours > 15 || zone.minutes > 59 || zone.seconds > 59) return Fault::out_of_range;
  const int64_t offset = (zone.hours * 3600 + zone.minutes * 60 + zone.seconds) * kMicrosPerSecond;
  micros += zone.behind ? offset : -offset;
  return micros >= kFirstMicros && micros < kEndMicros ? Fault::none : Fault::out_of_range;
}

Fault count_clock(const Clock& clock, int64_t& micros) {
  const bool end = clock.hour == 24 && clock.minute == 0 && clock.second == 0 && clock.micros == 0;
  if ((clock.hour > 23 && !end) || clock.minute > 59 || clock.second > 59) return Fault::out_of_range;
  if (clock.finer_than_micros) return Fault::not_exact;
  micros = (clock.hour * 3600 + clock.minute * 60 + clock.second) * kMicrosPerSecond + clock.micros;
  return Fault::none;
}

Fault to_date(std::string_view text, int32_t& days) {
  Day day;
  if (text.size() != kDateSize || !read_day(text.data(), day)) return Fault::not_a_date;
  return count_days(day, days);
}

Fault to_time(std::string_view text, int64_t& micros) {
  Clock clock;
  Zone zone;
  if (!read_clock(text, clock) || !read_zone(text, zone)) return Fault::not_a_time;
  return zone.given ? Fault::has_time_zone : count_clock(clock, micros);
}

Fault to_timestamp(std::string_view text, int64_t& micros) {
  Moment moment;
  if (!read_moment(text, moment)) return Fault::not_a_timestamp;
  if (moment.zone.given) return Fault::has_time_zone;
  return count_micros(moment, micros);
}

Fault to_timestamptz(std::string_view text, int64_t& micros) {
  Moment moment;
  if (!read_moment(text, moment)) return Fault::not_a_timestamp;
  const Fault fault = count_micros(moment, micros);
  return fault != Fault::none ? fault : subtract_offset(moment.zone, micros);
}

}  // namespace ingot::exact
