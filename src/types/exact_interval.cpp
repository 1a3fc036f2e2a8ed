#include <algorithm>
#include <array>
#include <limits>

#include "types/digits.h"
#include "types/exact.h"

namespace ingot::exact {

namespace {

enum Unit : uint8_t { kYear, kMonth, kWeek, kDay, kHour, kMinute, kSecond };

constexpr int64_t kSecondMicros = 1'000'000;
constexpr size_t kFractionDigits = 6;

/// A number as it stands before its unit.
struct Number {
  bool negative = false;
  uint64_t whole = 0;
  uint32_t micros = 0;  ///< of its fraction
  bool too_large = false;
  bool fraction = false;  ///< that is not zero
  bool finer_than_micros = false;
};

/// Sums up what has been read. Faults of the form end the reading at once, others are kept.
class Sum {
 public:
  bool add(const Number& number, Unit unit, bool all_negative = false) {
    if ((seen_ & 1u << unit) != 0) return false;
    seen_ |= 1u << unit;
    if (number.finer_than_micros || (number.fraction && unit != kSecond)) inexact_ = true;
    if (number.too_large) too_large_ = true;
    const int128 sign = number.negative != all_negative ? -1 : 1;
    const int128 whole = sign * static_cast<int128>(number.whole);
    constexpr std::array<int64_t, 7> kFactors{12, 1, 7, 1, 3600 * kSecondMicros, 60 * kSecondMicros, kSecondMicros};
    int128& field = unit <= kMonth ? months_ : unit <= kDay ? days_ : micros_;
    field += whole * kFactors[unit];
    if (unit == kSecond) field += sign * number.micros;
    return true;
  }

  void refuse_range() { too_large_ = true; }

  Fault finish(Interval& out) const {
    if (seen_ == 0) return Fault::not_an_interval;
    if (inexact_) return Fault::not_exact;
    if (too_large_ || !fits<int32_t>(months_) || !fits<int32_t>(days_) || !fits<int64_t>(micros_)) {
      return Fault::out_of_range;
    }
    out = {static_cast<int32_t>(months_), static_cast<int32_t>(days_), static_cast<int64_t>(micros_)};
    return is_infinite<std::numeric_limits<int32_t>::max(), std::numeric_limits<int64_t>::max()>(out) ||
                   is_infinite<std::numeric_limits<int32_t>::min(), std::numeric_limits<int64_t>::min()>(out)
               ? Fault::out_of_range
               : Fault::none;
  }

 private:
  template <class T>
  static bool fits(int128 value) {
    return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
  }

  // Source: PostgreSQL 17, INTERVAL_IS_NOEND and INTERVAL_IS_NOBEGIN.
  template <int32_t field, int64_t micros>
  static bool is_infinite(const Interval& value) {
    return value.months == field && value.days == field && value.micros == micros;
  }

  int128 months_ = 0, days_ = 0, micros_ = 0;
  unsigned seen_ = 0;
  bool inexact_ = false, too_large_ = false;
};

// Takes digits from the beginning of `text`; false if there are none.
bool take_whole(std::string_view& text, Number& number) {
  const size_t size = static_cast<size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  if (size == 0) return false;
  std::string_view digits = text.substr(0, size);
  text.remove_prefix(size);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), size - 1));
  number.too_large = digits.size() >= kMaxWordDigits;
  if (!number.too_large) read_digits(digits.data(), digits.size(), number.whole);
  return true;
}

bool take_fraction(std::string_view& text, Number& number) {
  size_t at = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    const auto digit = static_cast<uint32_t>(text[at] - '0');
    number.fraction |= digit != 0;
    if (at < kFractionDigits) {
      number.micros = number.micros * 10 + digit;
    } else {
      number.finer_than_micros |= digit != 0;
    }
  }
  for (size_t place = at; place < kFractionDigits; ++place) number.micros *= 10;
  text.remove_prefix(at);
  return at > 0;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool take_minus(std::string_view& text) {
  if (take(text, '-')) return true;
  take(text, '+');
  return false;
}

// Takes `[+-]?digits[.digits]`.
bool take_number(std::string_view& text, Number& number) {
  number.negative = take_minus(text);
  return take_whole(text, number) && (!take(text, '.') || take_fraction(text, number));
}

// ---- ISO 8601 -------------------------------------------------------------------------------------------------------

// Reads what stands behind the P, or behind the T: numbers, each with its designator, in order.
bool read_designated(std::string_view& text, std::string_view designators, Unit first, bool negative, Sum& sum) {
  size_t next = 0;
  while (!text.empty() && text.front() != 'T') {
    Number number;
    if (!take_number(text, number) || text.empty()) return false;
    const size_t at = designators.find(text.front(), next);
    if (at == std::string_view::npos || !sum.add(number, static_cast<Unit>(first + at), negative)) return false;
    text.remove_prefix(1);
    next = at + 1;
  }
  return true;
}

bool read_iso(std::string_view text, bool negative, Sum& sum) {
  if (!read_designated(text, "YMWD", kYear, negative, sum)) return false;
  if (text.empty()) return true;
  text.remove_prefix(1);
  return !text.empty() && read_designated(text, "HMS", kHour, negative, sum) && text.empty();
}

// ---- words ----------------------------------------------------------------------------------------------------------

struct UnitName {
  std::string_view name;
  Unit unit;
};

constexpr std::array kUnits{UnitName{"year", kYear},  UnitName{"mon", kMonth},     UnitName{"month", kMonth},
                            UnitName{"week", kWeek},  UnitName{"day", kDay},       UnitName{"hour", kHour},
                            UnitName{"min", kMinute}, UnitName{"minute", kMinute}, UnitName{"second", kSecond},
                            UnitName{"sec", kSecond}};

bool same_word(std::string_view word, std::string_view name) {
  return word.size() == name.size() &&
         std::equal(word.begin(), word.end(), name.begin(), [](char a, char b) { return lower(a) == b; });
}

bool find_unit(std::string_view word, Unit& unit) {
  const bool plural = word.size() > 1 && lower(word.back()) == 's';
  const std::string_view singular = plural ? word.substr(0, word.size() - 1) : word;
  const auto* found =
      std::find_if(kUnits.begin(), kUnits.end(), [&](const UnitName& u) { return same_word(singular, u.name); });
  if (found == kUnits.end()) return false;
  unit = found->unit;
  return true;
}

bool take_two(std::string_view& text, Number& number) {
  if (text.size() < 2 || !is_digit(text[0]) || !is_digit(text[1])) return false;
  number.whole = static_cast<uint64_t>(text[0] - '0') * 10 + static_cast<uint64_t>(text[1] - '0');
  text.remove_prefix(2);
  return true;
}

// Reads `[+-]?h…:mm:ss[.f…]`, all of `text`.
bool read_clock(std::string_view text, Sum& sum) {
  Number hours, minutes, seconds;
  hours.negative = minutes.negative = seconds.negative = take_minus(text);
  const bool good = take_whole(text, hours) && take(text, ':') && take_two(text, minutes) && take(text, ':') &&
                    take_two(text, seconds) && (!take(text, '.') || take_fraction(text, seconds)) && text.empty();
  if (!good) return false;
  if (minutes.whole > 59 || seconds.whole > 59) sum.refuse_range();
  return sum.add(hours, kHour) && sum.add(minutes, kMinute) && sum.add(seconds, kSecond);
}

std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

bool read_words(std::string_view text, Sum& sum) {
  if (text.back() == ' ') return false;
  while (!text.empty()) {
    std::string_view word = take_word(text);
    if (word.find(':') != std::string_view::npos) return text.empty() && read_clock(word, sum);
    Number number;
    Unit unit{};
    if (!take_number(word, number) || !word.empty()) return false;
    if (!find_unit(take_word(text), unit) || !sum.add(number, unit)) return false;
  }
  return true;
}

}  // namespace

Fault to_interval(std::string_view text, Interval& out) {
  if (text.empty()) return Fault::not_an_interval;
  Sum sum;
  const bool is_signed = text.front() == '-' || text.front() == '+';
  const bool iso = text.substr(is_signed ? 1 : 0).starts_with('P');
  const bool good = iso ? read_iso(text.substr(is_signed ? 2 : 1), text.front() == '-', sum) : read_words(text, sum);
  return good ? sum.finish(out) : Fault::not_an_interval;
}

}  // namespace ingot::exact
