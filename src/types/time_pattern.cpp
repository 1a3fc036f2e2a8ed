#include "types/time_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "types/digits.h"

namespace ingot {

namespace {

using exact::is_digit;

constexpr std::string_view kWords = "YymdejbBhaAHIklMSfpzs";
constexpr std::string_view kNumbers = "YymdejHIklMSf";
constexpr std::string_view kOfClock = "HIklMSfpzs";

constexpr std::array<std::string_view, 12> kMonths{"january",   "february", "march",    "april",
                                                   "may",       "june",     "july",     "august",
                                                   "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 7> kWeekdays{"sunday",   "monday", "tuesday", "wednesday",
                                                    "thursday", "friday", "saturday"};

/// What words stand for several.
std::string expanded(std::string_view text) {
  static constexpr std::pair<char, std::string_view> kShort[] = {
      {'F', "%Y-%m-%d"}, {'T', "%H:%M:%S"}, {'R', "%H:%M"}, {'D', "%m/%d/%y"}};
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto known = std::find_if(std::begin(kShort), std::end(kShort),
                                    [&](const auto& s) { return i + 1 < text.size() && s.first == text[i + 1]; });
    if (text[i] != '%' || known == std::end(kShort)) {
      out += text[i];
      if (text[i] == '%' && i + 1 < text.size()) out += text[++i];
      continue;
    }
    out += known->second;
    ++i;
  }
  return out;
}

/// What a word says of a moment: words that say the same exclude each other.
char meaning_of(char word) {
  switch (word) {
    case 'y':
      return 'Y';
    case 'e':
      return 'd';
    case 'b':
    case 'B':
    case 'h':
      return 'm';
    case 'A':
      return 'a';
    case 'I':
    case 'k':
    case 'l':
      return 'H';
    default:
      return word;
  }
}

size_t digits_of(char word) { return word == 'Y' ? 4 : word == 'j' ? 3 : 2; }

bool starts_with_name(std::string_view text, std::string_view name) {
  if (text.size() < name.size()) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    if (exact::lower(text[i]) != name[i]) return false;
  }
  return true;
}

/// Takes a name, or its first three letters; returns its number from 0, or nothing.
template <size_t count>
std::optional<uint32_t> take_name(const std::array<std::string_view, count>& names, std::string_view& text) {
  constexpr size_t kShort = 3;
  for (const bool whole : {true, false}) {
    for (uint32_t i = 0; i < count; ++i) {
      const std::string_view name = whole ? names[i] : names[i].substr(0, kShort);
      if (!starts_with_name(text, name)) continue;
      text.remove_prefix(name.size());
      return i;
    }
  }
  return std::nullopt;
}

/// Takes up to `most` digits; all of them where `whole`.
bool take_number(std::string_view& text, size_t most, bool whole, uint32_t& out) {
  size_t size = 0;
  out = 0;
  while (size < most && size < text.size() && is_digit(text[size])) {
    out = out * 10 + static_cast<uint32_t>(text[size++] - '0');
  }
  text.remove_prefix(size);
  return size > 0 && (size == most || !whole);
}

/// Takes `[+-]digits`, seconds since the epoch, up to those of the year 9999.
bool take_seconds(std::string_view& text, int64_t& out) {
  constexpr int64_t kEnough = 1'000'000'000'000;
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  size_t size = 0;
  out = 0;
  for (; size < text.size() && is_digit(text[size]); ++size) {
    if (out < kEnough) out = out * 10 + (text[size] - '0');
  }
  text.remove_prefix(size);
  if (negative) out = -out;
  return size > 0;
}

/// Takes `Z`, `UTC`, `±hh`, `±hhmm`, `±hh:mm` or `±hh:mm:ss`.
bool take_zone(std::string_view& text, exact::Zone& zone) {
  size_t size = 0;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    size = 1;
    while (size < text.size() && size < 9 && (is_digit(text[size]) || text[size] == ':')) ++size;
  } else {
    while (size < text.size() && size < 3 && exact::lower(text[size]) >= 'a' && exact::lower(text[size]) <= 'z') ++size;
  }
  const std::string_view written = text.substr(0, size);
  text.remove_prefix(size);
  return size > 0 && exact::read_zone(written, zone);
}

/// Finds month and day of a year's day, from 1; false where the year has no such day.
bool find_day(uint32_t day_of_year, exact::Day& day) {
  for (day.month = 1; day.month <= kMonths.size(); ++day.month) {
    for (day.day = 31; day.day >= 28; --day.day) {  // the month's last
      int32_t days = 0;
      if (exact::count_days(day, days) == Fault::none) break;
    }
    if (day_of_year <= day.day) {
      day.day = day_of_year;
      return true;
    }
    day_of_year -= day.day;
  }
  return false;
}

Error wrong(std::string message, std::string hint = {}) {
  return {Code::invalid_pipeline, std::move(message), std::move(hint), {}};
}

}  // namespace

/// What a text says.
struct TimePattern::Found {
  exact::Moment moment;
  uint32_t day_of_year = 0;  // 0: not said
  std::optional<uint32_t> weekday;
  std::optional<bool> afternoon;
  std::optional<int64_t> seconds;  // since the epoch
};

Result<TimePattern> TimePattern::parse(std::string_view text, Kind kind) {
  TimePattern out;
  out.text_ = text;
  out.kind_ = kind;
  const std::string pattern = expanded(text);
  std::string said;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const bool literal = pattern[i] != '%' || (i + 1 < pattern.size() && pattern[i + 1] == '%');
    if (literal) {
      if (out.words_.empty() || out.words_.back().what != 0) out.words_.emplace_back();
      out.words_.back().literal += pattern[i];
      i += pattern[i] == '%';
      continue;
    }
    const char what = i + 1 < pattern.size() ? pattern[++i] : '\0';
    if (what == 'Z') return fail(wrong("%Z: names of time zones are not read", "%z reads +02:00, +0200, Z"));
    if (what == '\0' || kWords.find(what) == kWords.npos) {
      return fail(wrong(fmt::format("unknown word in a pattern: %{}", what == '\0' ? ' ' : what),
                        "valid: %Y %y %m %d %e %j %b %B %a %A %H %I %M %S %f %p %z %s %F %T %R %D %%"));
    }
    if (said.find(meaning_of(what)) != said.npos) {
      return fail(wrong(fmt::format("%{} says what another word of the pattern says", what)));
    }
    said += meaning_of(what);
    if (kind == Kind::date && kOfClock.find(what) != kOfClock.npos) {
      return fail(wrong(fmt::format("%{} reads a time, which a date cannot keep", what),
                        "declare timestamp, or compute the day in a value"));
    }
    if (kind == Kind::time && (kOfClock.find(what) == kOfClock.npos || what == 's' || what == 'z')) {
      return fail(wrong(fmt::format("%{} reads what a time of day cannot keep", what), "declare timestamp"));
    }
    if (kind == Kind::timestamp && what == 'z')
      return fail(wrong("%z reads a time zone, which a timestamp cannot keep", "declare timestamptz"));
    out.words_.push_back({what, false, {}});
  }
  const auto says = [&](char meaning) { return said.find(meaning) != said.npos; };
  const bool epoch = says('s');
  if (epoch && said.find_first_not_of("sf") != said.npos)
    return fail(wrong("%s says all of a time: no other word but %f goes with it"));
  if (kind == Kind::time && !says('H')) return fail(wrong("the pattern does not say an hour"));
  if (kind != Kind::time && !epoch && !(says('Y') && (says('j') ? !says('m') && !says('d') : says('m') && says('d')))) {
    return fail(wrong("the pattern does not say a day: it needs a year, a month and a day", "such as %d.%m.%Y"));
  }
  const bool twelve = std::any_of(out.words_.begin(), out.words_.end(),
                                  [](const Word& word) { return word.what == 'I' || word.what == 'l'; });
  if (twelve != says('p')) return fail(wrong("%I and %p go together", "%H reads hours from 00 to 23"));
  if ((says('M') && !says('H')) || (says('S') && !says('M')) || (says('f') && !says('S') && !epoch))
    return fail(wrong("a pattern with %M needs hours, one with %S minutes, one with %f seconds"));
  const auto is_number = [&](size_t i) {
    return i < out.words_.size() && out.words_[i].what != 0 && kNumbers.find(out.words_[i].what) != kNumbers.npos;
  };
  for (size_t i = 0; i < out.words_.size(); ++i) {
    Word& word = out.words_[i];
    word.whole = is_number(i) && (is_number(i + 1) || (i > 0 && is_number(i - 1)));
    if ((word.what == 'f' || word.what == 's') && is_number(i + 1))
      return fail(wrong(fmt::format("%{} takes all digits there are: no number can follow it at once", word.what)));
  }
  return out;
}

bool TimePattern::read_word(const Word& word, std::string_view& text, Found& found) {
  exact::Day& day = found.moment.day;
  exact::Clock& clock = found.moment.clock;
  const auto number = [&](uint32_t& out) { return take_number(text, digits_of(word.what), word.whole, out); };
  const auto padded = [&](uint32_t& out) {
    const bool pad = text.size() > 1 && text[0] == ' ' && is_digit(text[1]) && !(text.size() > 2 && is_digit(text[2]));
    if (pad) text.remove_prefix(1);
    return take_number(text, pad ? 1 : 2, pad, out);
  };
  switch (word.what) {
    case 0:
      if (!text.starts_with(word.literal)) return false;
      text.remove_prefix(word.literal.size());
      return true;
    case 'Y':
      return take_number(text, 4, true, day.year);
    case 'y': {
      if (!take_number(text, 2, true, day.year)) return false;
      day.year += day.year < 69 ? 2000 : 1900;  // as POSIX has it
      return true;
    }
    case 'm':
      return number(day.month);
    case 'd':
      return number(day.day);
    case 'e':
      return padded(day.day);
    case 'j':
      return number(found.day_of_year) && found.day_of_year > 0;
    case 'b':
    case 'B':
    case 'h': {
      const auto month = take_name(kMonths, text);
      day.month = month.value_or(0) + 1;
      return month.has_value();
    }
    case 'a':
    case 'A':
      found.weekday = take_name(kWeekdays, text);
      return found.weekday.has_value();
    case 'H':
    case 'I':
      return number(clock.hour);
    case 'k':
    case 'l':
      return padded(clock.hour);
    case 'M':
      return number(clock.minute);
    case 'S':
      return number(clock.second);
    case 'f':
      return exact::read_fraction(text, clock);
    case 'p':
      if (!starts_with_name(text, "am") && !starts_with_name(text, "pm")) return false;
      found.afternoon = exact::lower(text[0]) == 'p';
      text.remove_prefix(2);
      return true;
    case 'z':
      return take_zone(text, found.moment.zone);
    default: {  // 's'
      int64_t seconds = 0;
      if (!take_seconds(text, seconds)) return false;
      found.seconds = seconds;
      return true;
    }
  }
}

bool TimePattern::match(std::string_view text, Found& found) const {
  for (const Word& word : words_) {
    if (!read_word(word, text, found)) return false;
  }
  return text.empty();
}

/// Makes what was found a moment; checks what no calendar of exact::count_days does.
Fault TimePattern::settle(Found& found) {
  exact::Moment& moment = found.moment;
  if (found.afternoon) {
    if (moment.clock.hour < 1 || moment.clock.hour > 12) return Fault::out_of_range;
    moment.clock.hour = moment.clock.hour % 12 + (*found.afternoon ? 12 : 0);
  }
  if (found.day_of_year > 0 && !find_day(found.day_of_year, moment.day)) return Fault::out_of_range;
  if (!found.weekday) return Fault::none;
  int32_t days = 0;
  if (const Fault fault = exact::count_days(moment.day, days); fault != Fault::none) return fault;
  constexpr int32_t kThursday = 4;  // 1970-01-01
  const int32_t weekday = ((days + kThursday) % 7 + 7) % 7;
  return static_cast<uint32_t>(weekday) == *found.weekday ? Fault::none : Fault::out_of_range;
}

Fault TimePattern::no_form() const {
  if (kind_ == Kind::date) return Fault::not_a_date;
  return kind_ == Kind::time ? Fault::not_a_time : Fault::not_a_timestamp;
}

Fault TimePattern::read(std::string_view text, int32_t& days) const {
  Found found;
  if (!match(text, found)) return no_form();
  if (const Fault fault = settle(found); fault != Fault::none) return fault;
  return exact::count_days(found.moment.day, days);
}

Fault TimePattern::read(std::string_view text, int64_t& micros) const {
  Found found;
  if (!match(text, found)) return no_form();
  if (kind_ == Kind::time) {
    const Fault fault = settle(found);
    return fault != Fault::none ? fault : exact::count_clock(found.moment.clock, micros);
  }
  if (found.seconds) {
    constexpr int64_t kMicros = 1'000'000, kFirst = -62'135'596'800, kLast = 253'402'300'799;  // the years 1 to 9999
    if (*found.seconds < kFirst || *found.seconds > kLast) return Fault::out_of_range;
    if (found.moment.clock.finer_than_micros) return Fault::not_exact;
    const int64_t fraction = found.moment.clock.micros;
    micros = *found.seconds * kMicros + (text.starts_with('-') ? -fraction : fraction);
    return micros >= kFirst * kMicros ? Fault::none : Fault::out_of_range;
  }
  if (const Fault fault = settle(found); fault != Fault::none) return fault;
  if (const Fault fault = exact::count_micros(found.moment, micros); fault != Fault::none) return fault;
  return exact::subtract_offset(found.moment.zone, micros);
}

}  // namespace ingot
