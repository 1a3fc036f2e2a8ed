// The exact parsers against naive references, strtod and nlohmann's parser. Any text goes through all of them.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fuzz.h"
#include "types/array_text.h"
#include "types/exact.h"
#include "types/property_test.h"

namespace ingot::fuzz {
namespace {

using exact::int128;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A number as written: ±digits × 10^power.
struct Number {
  bool negative = false;
  std::string digits;  // without leading and trailing zeros; empty is zero
  int64_t power = 0;
};

constexpr int64_t kFar = int64_t{1} << 40;

std::optional<Number> read_number(std::string_view text) {
  Number number;
  size_t at = 0;
  const auto has = [&](std::string_view any) { return at < text.size() && any.find(text[at]) != any.npos; };
  if (has("+-")) number.negative = text[at++] == '-';
  size_t digits = 0;
  for (; at < text.size() && is_digit(text[at]); ++at, ++digits) number.digits += text[at];
  if (has(".")) {
    for (++at; at < text.size() && is_digit(text[at]); ++at, ++digits, --number.power) number.digits += text[at];
  }
  if (digits == 0) return std::nullopt;
  if (has("eE")) {
    ++at;
    const bool down = has("-");
    if (has("+-")) ++at;
    if (!(at < text.size() && is_digit(text[at]))) return std::nullopt;
    int64_t exponent = 0;
    for (; at < text.size() && is_digit(text[at]); ++at) exponent = std::min(kFar, exponent * 10 + (text[at] - '0'));
    number.power += down ? -exponent : exponent;
  }
  if (at != text.size()) return std::nullopt;
  number.digits.erase(0, std::min(number.digits.find_first_not_of('0'), number.digits.size()));
  while (!number.digits.empty() && number.digits.back() == '0') {
    number.digits.pop_back();
    ++number.power;
  }
  if (number.digits.empty()) number.power = 0;
  return number;
}

/// ±digits × 10^power, which has at most 39 digits.
int128 whole(const Number& number, int64_t power) {
  int128 value = 0;
  for (const char c : number.digits) value = value * 10 + (c - '0');
  for (; power > 0; --power) value *= 10;
  return number.negative ? -value : value;
}

template <class T>
void check_integer(std::string_view text, const std::optional<Number>& number, Fault (*parse)(std::string_view, T&)) {
  T got{};
  const Fault fault = parse(text, got);
  if (!number) return require(fault == Fault::not_a_number, "no integer", text);
  if (number->power < 0) return require(fault == Fault::not_an_integer, "an integer with a fraction", text);
  const bool fits = static_cast<int64_t>(number->digits.size()) + number->power <= 20;
  const int128 value = fits ? whole(*number, number->power) : 0;
  if (!fits || value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) {
    return require(fault == Fault::out_of_range, "an integer that does not fit", text);
  }
  require(fault == Fault::none && got == value, "an integer", text);
}

void check_decimal(std::string_view text, const std::optional<Number>& number, uint8_t precision, uint8_t scale) {
  int128 got = 0;
  const Fault fault = exact::to_decimal(text, precision, scale, got);
  if (!number) return require(fault == Fault::not_a_number, "no decimal", text);
  const int64_t power = number->power + scale;
  if (number->digits.empty()) return require(fault == Fault::none && got == 0, "zero", text);
  if (power < 0) return require(fault == Fault::not_exact, "a decimal with more digits", text);
  if (static_cast<int64_t>(number->digits.size()) + power > precision) {
    return require(fault == Fault::out_of_range, "a decimal that does not fit", text);
  }
  require(fault == Fault::none && got == whole(*number, power), "a decimal", text);
}

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

template <class T>
void check_float(std::string_view text, const std::optional<Number>& number, Fault (*parse)(std::string_view, T&),
                 T (*reference)(const char*, char**)) {
  T got{};
  const Fault fault = parse(text, got);
  if (!number) {
    const std::string word = lowered(text);
    const std::string_view unsigned_word =
        std::string_view(word).substr(!word.empty() && (word[0] == '-' || word[0] == '+'));
    if (word == "nan") return require(fault == Fault::none && std::isnan(got), "NaN", text);
    if (unsigned_word == "inf" || unsigned_word == "infinity") {
      return require(fault == Fault::none && std::isinf(got) && std::signbit(got) == (word[0] == '-'), "infinity",
                     text);
    }
    return require(fault == Fault::not_a_number, "no float", text);
  }
  const T expected = reference(std::string(text).c_str(), nullptr);
  if (std::isinf(expected) || (expected == 0 && !number->digits.empty())) {
    return require(fault == Fault::out_of_range, "a float that does not fit", text);
  }
  require(fault == Fault::none && std::memcmp(&got, &expected, sizeof got) == 0, "a float", text);
}

void check_boolean(std::string_view text) {
  bool got = false;
  const Fault fault = exact::to_boolean(text, got);
  const std::string word = lowered(text);
  for (const char* yes : {"true", "t", "yes", "y", "on", "1"}) {
    if (word == yes) return require(fault == Fault::none && got, "true", text);
  }
  for (const char* no : {"false", "f", "no", "n", "off", "0"}) {
    if (word == no) return require(fault == Fault::none && !got, "false", text);
  }
  require(fault == Fault::not_a_boolean, "no boolean", text);
}

/// Reads what matches a pattern, where `0` is a digit.
bool matches(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (pattern[i] == '0' ? !is_digit(text[i]) : text[i] != pattern[i]) return false;
  }
  return true;
}

int number_at(std::string_view text, size_t at, size_t count = 2) {
  int value = 0;
  for (const char c : text.substr(at, count)) value = value * 10 + (c - '0');
  return value;
}

std::optional<int64_t> days_of(std::string_view text) {
  using namespace std::chrono;
  const year_month_day date{year(number_at(text, 0, 4)), month(static_cast<unsigned>(number_at(text, 5))),
                            day(static_cast<unsigned>(number_at(text, 8)))};
  if (!date.ok() || number_at(text, 0, 4) < 1) return std::nullopt;
  return sys_days(date).time_since_epoch().count();
}

/// A timestamp by its parts.
struct Moment {
  Fault clock = Fault::none;  // what is wrong with date or time
  Fault offset = Fault::none;
  int64_t micros = 0, offset_micros = 0;
  bool zone = false;
};

std::optional<Moment> read_moment(std::string_view text) {
  constexpr int64_t kSecond = 1'000'000;
  if (!matches(text.substr(0, 10), "0000-00-00")) return std::nullopt;
  Moment moment;
  const auto days = days_of(text);
  if (!days) moment.clock = Fault::out_of_range;
  moment.micros = days.value_or(0) * 86'400 * kSecond;
  text.remove_prefix(10);
  if (text.empty()) return moment;
  if (text[0] != ' ' && text[0] != 'T' && text[0] != 't') return std::nullopt;
  text.remove_prefix(1);
  if (!matches(text.substr(0, 5), "00:00")) return std::nullopt;
  const int hour = number_at(text, 0), minute = number_at(text, 3);
  int second = 0;
  bool finer = false;
  text.remove_prefix(5);
  if (matches(text.substr(0, 3), ":00")) {
    second = number_at(text, 1);
    text.remove_prefix(3);
    if (!text.empty() && text[0] == '.') {
      text.remove_prefix(1);
      if (text.empty() || !is_digit(text[0])) return std::nullopt;
      for (int64_t unit = kSecond / 10; !text.empty() && is_digit(text[0]); unit /= 10) {
        moment.micros += (text[0] - '0') * unit;
        finer |= unit == 0 && text[0] != '0';
        text.remove_prefix(1);
      }
    }
  }
  if (hour > 23 || minute > 59 || second > 59) moment.clock = Fault::out_of_range;
  if (finer && moment.clock == Fault::none) moment.clock = Fault::not_exact;
  moment.micros += (hour * 3600 + minute * 60 + second) * kSecond;
  if (text.empty()) return moment;
  moment.zone = true;
  if (text[0] == ' ') text.remove_prefix(1);
  if (const std::string word = lowered(text); word == "z" || word == "utc") return moment;
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const int64_t sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  int hours = 0, minutes = 0, seconds = 0;
  if (matches(text, "00") || matches(text, "00:00") || matches(text, "00:00:00") || matches(text, "0000")) {
    hours = number_at(text, 0);
    if (text.size() == 4) minutes = number_at(text, 2);
    if (text.size() >= 5) minutes = number_at(text, 3);
    if (text.size() == 8) seconds = number_at(text, 6);
  } else {
    return std::nullopt;
  }
  if (hours > 15 || minutes > 59 || seconds > 59) moment.offset = Fault::out_of_range;
  moment.offset_micros = sign * (hours * 3600 + minutes * 60 + seconds) * kSecond;
  return moment;
}

void check_times(std::string_view text) {
  int32_t days = 0;
  const Fault date_fault = exact::to_date(text, days);
  if (!matches(text, "0000-00-00")) {
    require(date_fault == Fault::not_a_date, "no date", text);
  } else if (const auto expected = days_of(text)) {
    require(date_fault == Fault::none && days == *expected, "a date", text);
  } else {
    require(date_fault == Fault::out_of_range, "a date that is none", text);
  }

  int64_t plain = 0, instant = 0;
  const Fault plain_fault = exact::to_timestamp(text, plain), instant_fault = exact::to_timestamptz(text, instant);
  const auto moment = read_moment(text);
  if (!moment) {
    require(plain_fault == Fault::not_a_timestamp && instant_fault == Fault::not_a_timestamp, "no timestamp", text);
    return;
  }
  if (moment->zone) {
    require(plain_fault == Fault::has_time_zone, "a timestamp with a zone", text);
  } else {
    require(plain_fault == moment->clock, "a timestamp's fault", text);
    require(plain_fault != Fault::none || plain == moment->micros, "a timestamp", text);
  }
  const int64_t utc = moment->micros - moment->offset_micros;
  int32_t first = 0, last = 0;
  exact::to_date("0001-01-01", first);
  exact::to_date("9999-12-31", last);
  constexpr int64_t kDay = 86'400'000'000;
  Fault expected = moment->clock != Fault::none ? moment->clock : moment->offset;
  if (expected == Fault::none && (utc < first * kDay || utc >= (last + 1) * kDay)) expected = Fault::out_of_range;
  require(instant_fault == expected, "an instant's fault", text);
  require(instant_fault != Fault::none || instant == utc, "an instant", text);
}

void check_time(std::string_view text) {
  int64_t got = 0;
  const Fault fault = exact::to_time(text, got);
  std::string moment_text = "1970-01-01T";
  moment_text += text;
  const auto moment = read_moment(moment_text);
  if (!moment) return require(fault == Fault::not_a_time, "no time", text);
  if (moment->zone) return require(fault == Fault::has_time_zone, "a time with a zone", text);
  if (text.starts_with("24:00") && text.find_first_of("123456789", 5) == text.npos) {
    return require(fault == Fault::none && got == 86'400'000'000, "midnight at the end", text);
  }
  require(fault == moment->clock && (fault != Fault::none || got == moment->micros), "a time", text);
}

/// An interval's fields, of any size, and what is wrong with them.
struct Span {
  int128 months = 0, days = 0, micros = 0;
  bool inexact = false, huge = false;

  void add(const std::string& number, char unit, bool negative) {
    const size_t point = number.find('.');
    std::string whole = number.substr(0, point);
    const bool minus = (whole[0] == '-') != negative;
    whole.erase(0, whole.find_first_of("0123456789"));
    whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
    if (whole.size() > 18) huge = true;
    int128 value = huge ? 0 : static_cast<int128>(std::strtoll(whole.c_str(), nullptr, 10));
    int128 millionths = value * 1'000'000;
    if (point != number.npos) {
      std::string fraction = number.substr(point + 1) + "000000";
      if (unit != 's' && fraction.find_first_not_of('0') != fraction.npos) inexact = true;
      if (fraction.find_first_not_of('0', 6) != fraction.npos) inexact = true;
      millionths += static_cast<int128>(std::strtoll(fraction.substr(0, 6).c_str(), nullptr, 10));
    }
    if (minus) value = -value, millionths = -millionths;
    switch (unit) {
      case 'y':
        months += value * 12;
        break;
      case 'm':
        months += value;
        break;
      case 'w':
        days += value * 7;
        break;
      case 'd':
        days += value;
        break;
      case 'h':
        micros += value * 3'600'000'000;
        break;
      case 'i':
        micros += value * 60'000'000;
        break;
      default:
        micros += millionths;
    }
  }
};

/// By regular expressions.
std::optional<Span> read_interval(const std::string& text) {
  static const Form iso(
      "^([+-]?)P(([+-]?[0-9]+(\\.[0-9]+)?)Y)?(([+-]?[0-9]+(\\.[0-9]+)?)M)?(([+-]?[0-9]+(\\.[0-9]+)?)W)?"
      "(([+-]?[0-9]+(\\.[0-9]+)?)D)?(T(([+-]?[0-9]+(\\.[0-9]+)?)H)?(([+-]?[0-9]+(\\.[0-9]+)?)M)?"
      "(([+-]?[0-9]+(\\.[0-9]+)?)S)?)?$");
  static const Form word("^([+-]?[0-9]+(\\.[0-9]+)?) ([A-Za-z]+)( (.+))?$");
  static const Form clock("^([+-]?)([0-9]+):([0-9][0-9]):([0-9][0-9](\\.[0-9]+)?)$");
  Span span;
  if (text.find('\0') != text.npos || text.find('\n') != text.npos) return std::nullopt;
  if (const auto g = iso.match(text); !g.empty()) {
    static constexpr std::pair<size_t, char> kGroups[] = {{3, 'y'},  {6, 'm'},  {9, 'w'}, {12, 'd'},
                                                          {16, 'h'}, {19, 'i'}, {22, 's'}};
    bool date = false, time = false;
    for (const auto& [group, unit] : kGroups) {
      if (g[group].empty()) continue;
      (group < 14 ? date : time) = true;
      span.add(g[group], unit, g[1] == "-");
    }
    if (!time && (!date || !g[14].empty())) return std::nullopt;
    return span;
  }
  static constexpr std::pair<const char*, char> kUnits[] = {
      {"year", 'y'}, {"mon", 'm'}, {"month", 'm'},  {"week", 'w'}, {"day", 'd'},
      {"hour", 'h'}, {"min", 'i'}, {"minute", 'i'}, {"sec", 's'},  {"second", 's'}};
  std::string seen, rest = text;
  while (!rest.empty()) {
    if (const auto g = clock.match(rest); !g.empty()) {
      if (seen.find_first_of("his") != seen.npos) return std::nullopt;
      span.huge |= g[3] > "59" || g[4].substr(0, 2) > "59";
      span.add(g[2], 'h', g[1] == "-");
      span.add(g[3], 'i', g[1] == "-");
      span.add(g[4], 's', g[1] == "-");
      return span;
    }
    const auto g = word.match(rest);
    if (g.empty()) return std::nullopt;
    const std::string name = lowered(g[3]);
    const auto* unit = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const auto& u) {
      return name == u.first || name == std::string(u.first) + "s";
    });
    if (unit == std::end(kUnits) || seen.find(unit->second) != seen.npos) return std::nullopt;
    seen += unit->second;
    span.add(g[1], unit->second, false);
    rest = g[5];
  }
  return text.empty() ? std::nullopt : std::optional(span);
}

void check_interval(std::string_view text) {
  exact::Interval got;
  const Fault fault = exact::to_interval(text, got);
  const auto span = read_interval(std::string(text));
  if (!span) return require(fault == Fault::not_an_interval, "no interval", text);
  if (span->inexact) return require(fault == Fault::not_exact, "an interval with a fraction", text);
  constexpr int128 kMost = std::numeric_limits<int32_t>::max(), kMostMicros = std::numeric_limits<int64_t>::max();
  const auto beyond = [](int128 value, int128 most) { return value > most || value < -most - 1; };
  const bool infinite = (span->months == kMost && span->days == kMost && span->micros == kMostMicros) ||
                        (span->months == -kMost - 1 && span->days == -kMost - 1 && span->micros == -kMostMicros - 1);
  if (span->huge || infinite || beyond(span->months, kMost) || beyond(span->days, kMost) ||
      beyond(span->micros, kMostMicros)) {
    return require(fault == Fault::out_of_range, "an interval that does not fit", text);
  }
  require(fault == Fault::none && got.months == span->months && got.days == span->days && got.micros == span->micros,
          "an interval", text);
}

void check_binary(std::string_view text, Encoding encoding) {
  const size_t size = exact::binary_size(text, encoding);
  const std::unique_ptr<char[]> bytes(new char[size]);
  const bool taken = exact::to_binary(text, encoding, bytes.get()) == Fault::none;
  const bool hex = encoding == Encoding::prefixed_hex || encoding == Encoding::hex;
  static const std::string_view kDigits = "0123456789abcdef";
  static const std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static const std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  if (!taken) {  // then it is not what any bytes are written as
    const Form form(encoding == Encoding::prefixed_hex ? "^\\\\x([0-9a-fA-F][0-9a-fA-F])*$"
                    : hex                              ? "^([0-9a-fA-F][0-9a-fA-F])*$"
                    : encoding == Encoding::base64
                        ? "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$"
                        : "^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-][AQgw](==)?|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]=?)?$");
    const bool plain = text.find('\0') == text.npos && text.find('\n') == text.npos;
    return require(!plain || form.match(std::string(text)).empty(), "bytes are refused", text);
  }
  std::string again = encoding == Encoding::prefixed_hex ? "\\x" : "";
  if (hex) {
    for (size_t i = 0; i < size; ++i) {
      again += kDigits[static_cast<unsigned char>(bytes[i]) >> 4];
      again += kDigits[static_cast<unsigned char>(bytes[i]) & 15];
    }
    return require(lowered(text) == again, "bytes in hexadecimal digits", text);
  }
  const std::string_view digits = encoding == Encoding::base64 ? kPlain : kUrl;
  for (size_t i = 0; i < size; i += 3) {
    uint32_t word = 0;
    for (size_t k = i; k < i + 3; ++k) word = word << 8 | (k < size ? static_cast<unsigned char>(bytes[k]) : 0u);
    for (size_t k = 0; k < 4; ++k) again += k <= size - i ? digits[word >> (18 - 6 * k) & 63] : '=';
  }
  const bool padded = encoding == Encoding::base64 || text.ends_with('=');
  if (!padded) again.erase(std::min(again.find('='), again.size()));
  require(text == again, "bytes in base64", text);
}

using Texts = std::vector<std::optional<std::string>>;

std::optional<Texts> read_array(std::string_view text) {
  Texts texts;
  const Fault fault = exact::read_array(text, Kind::text, [&](std::optional<std::string_view> element) {
    texts.emplace_back(element ? std::optional<std::string>(*element) : std::nullopt);
    return Fault::none;
  });
  return fault == Fault::none ? std::optional(std::move(texts)) : std::nullopt;
}

void check_array(std::string_view text) {
  if (!exact::is_utf8(text) || text.find('\0') != text.npos) return;  // not allowed
  const auto texts = read_array(text);
  if (texts) {
    std::string quoted;
    for (const auto& element : *texts) {
      quoted += quoted.empty() ? "" : ",";
      if (!element) quoted += "NULL";
      if (!element) continue;
      quoted += '"';
      for (const char c : *element) quoted += (c == '"' || c == '\\' ? "\\" : "") + std::string(1, c);
      quoted += '"';
    }
    require(read_array("{" + quoted + "}") == texts, "an array as PostgreSQL writes it", text);
  }
  if (!text.starts_with('[')) return require(!texts || text.starts_with('{'), "no array", text);
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) return;  // what JSON is, is checked elsewhere
  Texts expected;
  for (const auto& element : json) {
    if (element.is_structured()) return require(!texts, "an array within an array", text);
    if (element.is_null()) {
      expected.emplace_back(std::nullopt);
    } else if (element.is_string()) {
      expected.emplace_back(element.get<std::string>());
      if (expected.back()->find('\0') != std::string::npos) return require(!texts, "a NUL in an array", text);
    } else {
      expected.emplace_back(element.is_boolean() ? element.dump() : "");  // a number: its own text
    }
  }
  if (!texts) return;  // nested more deeply, or a lone surrogate
  require(texts->size() == expected.size(), "the number of elements", text);
  for (size_t i = 0; i < expected.size(); ++i) {
    const bool number = json[i].is_number();
    require(number ? read_number(*(*texts)[i]).has_value() : (*texts)[i] == expected[i], "an element", text);
  }
}

void check_uuid(std::string_view text) {
  uint64_t high = 0, low = 0;
  const Fault fault = exact::to_uuid(text, high, low);
  std::string_view inner = text;
  if (inner.size() > 2 && inner.front() == '{' && inner.back() == '}') inner = inner.substr(1, inner.size() - 2);
  uint64_t expected[2] = {0, 0};
  size_t digits = 0;
  bool good = inner.size() == 32 || inner.size() == 36;
  for (size_t i = 0; good && i < inner.size(); ++i) {
    const char c = inner[i];
    if (inner.size() == 36 && (i == 8 || i == 13 || i == 18 || i == 23)) {
      good = c == '-';
      continue;
    }
    const size_t value =
        std::string_view("0123456789abcdef").find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
    good = value < 16;
    uint64_t& half = expected[digits++ / 16];
    half = half * 16 + value;
  }
  if (!good) return require(fault == Fault::not_a_uuid, "no uuid", text);
  require(fault == Fault::none && high == expected[0] && low == expected[1], "a uuid", text);
}

/// The characters of UTF-8 by decoding and encoding again; nothing where it is none.
std::optional<uint64_t> count_characters(std::string_view text) {
  uint64_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) {
    const auto byte = [&](size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u; };
    const unsigned first = byte(0);
    const size_t length = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
    if (length == 0) return std::nullopt;
    uint32_t point = length == 1 ? first : first & (0x7Fu >> length);
    for (size_t i = 1; i < length; ++i) {
      if (byte(i) >> 6 != 2) return std::nullopt;
      point = point << 6 | (byte(i) & 0x3F);
    }
    constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kLeast[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return std::nullopt;
    at += length;
  }
  return count;
}

void check_text(std::string_view text) {
  const auto characters = count_characters(text);
  require(exact::is_utf8(text) == characters.has_value(), "UTF-8", text);
  if (characters) require(exact::count_chars(text) == *characters, "the number of characters", text);
}

/// Accepts what is JSON; sees whether there is a NUL in a string, and numbers that nlohmann calls too large.
class JsonReference final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool has_nul = false, huge_number = false;
  int depth = 0, deepest = 0;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t& text) override { return see(text); }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return open(); }
  bool start_array(size_t) override { return open(); }
  bool end_object() override { return --depth, true; }
  bool end_array() override { return --depth, true; }
  bool key(string_t& text) override { return see(text); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    huge_number = error.id == 406;
    return false;
  }

 private:
  bool see(const std::string& text) {
    has_nul |= text.find('\0') != text.npos;
    return true;
  }
  bool open() {
    deepest = std::max(deepest, ++depth);
    return true;
  }
};

void check_json(std::string_view text, int max_depth) {
  const Fault fault = exact::check_json(text, max_depth);
  JsonReference reference;
  // nlohmann takes a NUL for the end, and skips a byte order mark.
  const bool special = text.find('\0') != text.npos || text.starts_with("\xEF\xBB\xBF");
  const bool accepted = !special && nlohmann::json::sax_parse(text, &reference);
  if (reference.huge_number) return;
  if (fault == Fault::none) {
    require(accepted && !reference.has_nul && reference.deepest <= max_depth, "what is taken is JSON", text);
  } else if (accepted) {
    require(
        (fault == Fault::nul_byte && reference.has_nul) || (fault == Fault::too_deep && reference.deepest > max_depth),
        "what is refused is not JSON", text);
  }
}

void check_double(double value, uint8_t precision, uint8_t scale) {
  int64_t got = 0;
  const Fault fault = exact::float64_to_int64(value, got);
  const bool fits = value >= -0x1p63 && value < 0x1p63;  // false for NaN
  if (std::isnan(value)) {
    require(fault == Fault::not_a_number, "NaN is no integer");
  } else if (!fits) {
    require(fault == Fault::out_of_range, "a double beyond integers");
  } else if (std::trunc(value) != value) {
    require(fault == Fault::not_an_integer, "a double with a fraction");
  } else {
    require(fault == Fault::none && got == static_cast<int64_t>(value), "a double that is an integer");
  }
  int128 decimal = 0, expected = 0;
  const Fault decimal_fault = exact::float64_to_decimal(value, precision, scale, decimal);
  if (!std::isfinite(value)) return require(decimal_fault != Fault::none, "no decimal is infinite");
  char shortest[400];
  std::snprintf(shortest, sizeof shortest, "%.0f", value);  // from 2^53 on the integer that it is
  for (int digits = 0; digits < 17 && std::fabs(value) < 0x1p53; ++digits) {
    std::snprintf(shortest, sizeof shortest, "%.*e", digits, value);
    if (std::strtod(shortest, nullptr) == value) break;
  }
  const Number number = *read_number(shortest);
  const int64_t power = number.power + scale;
  Fault expected_fault = Fault::none;
  if (!number.digits.empty()) {
    const bool fits_digits = static_cast<int64_t>(number.digits.size()) + power <= precision;
    expected_fault = power < 0 ? Fault::not_exact : fits_digits ? Fault::none : Fault::out_of_range;
    if (expected_fault == Fault::none) expected = whole(number, power);
  }
  require(decimal_fault == expected_fault && (expected_fault != Fault::none || decimal == expected),
          "a double's decimal is that of its shortest text", shortest);
}

void run(const uint8_t* data, size_t size) {
  Input input(data, size);
  const auto precision = static_cast<uint8_t>(1 + input.choose(38));
  const auto scale = static_cast<uint8_t>(input.choose(precision + 1u));
  static constexpr int kDepths[] = {1000, 2, 0, 64, 65, 5000};
  const int max_depth = kDepths[input.choose(std::size(kDepths))];
  // A copy of exactly that size, so that a look beyond the text is noticed.
  const std::string_view rest = input.rest();
  const std::unique_ptr<char[]> copy(new char[rest.size()]);
  std::copy(rest.begin(), rest.end(), copy.get());
  const std::string_view text(copy.get(), rest.size());

  const auto number = read_number(text);
  check_integer<int16_t>(text, number, exact::to_int16);
  check_integer<int32_t>(text, number, exact::to_int32);
  check_integer<int64_t>(text, number, exact::to_int64);
  check_decimal(text, number, precision, scale);
  check_float<float>(text, number, exact::to_float32, std::strtof);
  check_float<double>(text, number, exact::to_float64, std::strtod);
  check_boolean(text);
  check_times(text);
  check_time(text);
  check_interval(text);
  for (const Encoding encoding : {Encoding::prefixed_hex, Encoding::hex, Encoding::base64, Encoding::base64url}) {
    check_binary(text, encoding);
  }
  check_array(text);
  check_uuid(text);
  check_text(text);
  check_json(text, std::min(max_depth, 4096));
  double value = 0;
  std::memcpy(&value, text.data(), std::min(text.size(), sizeof value));
  check_double(value, precision, scale);
  if (double parsed = 0; exact::to_float64(text, parsed) == Fault::none) check_double(parsed, precision, scale);
}

}  // namespace
}  // namespace ingot::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ingot::fuzz::run(data, size);
  return 0;
}
