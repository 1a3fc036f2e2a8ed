#include "infer/value_forms.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <string>

#include "core/names.h"
#include "types/digits.h"
#include "types/exact.h"
#include "types/number_text.h"

namespace ingot::infer {

namespace {

constexpr size_t kMostDigits = 38;      // of numeric
constexpr int64_t kDoubleDigits = 15;   // so many every double gives back
constexpr size_t kLongestOfForms = 80;  // more than any number, time or uuid has

constexpr std::array<std::string_view, kNullSpellings> kNulls = {"NULL", "null", "Null", "NA",  "N/A", "n/a", "NaN",
                                                                 "nan",  "None", "none", "\\N", "-",   "--",  "#N/A"};

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), exact::is_digit);
}

/// `-?(0|[1-9][0-9]*)(\.[0-9]+)?`, and no negative zero.
bool read_decimal(std::string_view text, ValueForms& out) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point == text.npos ? std::string_view() : text.substr(point + 1);
  if (!all_digits(whole) || (whole.size() > 1 && whole[0] == '0')) return false;
  if (point != text.npos && !all_digits(fraction)) return false;
  const bool zero = text.find_first_not_of("0.") == text.npos;
  if (negative && zero) return false;
  const size_t digits = whole == "0" ? 0 : whole.size();
  if (digits + fraction.size() > kMostDigits) return false;
  out.whole_digits = static_cast<uint16_t>(digits);
  out.scale = static_cast<uint16_t>(fraction.size());
  out.zero_at_end = fraction.ends_with('0');
  return true;
}

double number_of(std::string_view text) {
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void add_number(std::string_view text, ValueForms& out) {
  if (!read_decimal(text, out)) return;
  out.forms |= bit_of(Form::decimal);
  out.number = number_of(text);
  int64_t integer = 0;
  if (out.scale == 0 && exact::to_int64(text, integer) == Fault::none) out.forms |= bit_of(Form::integer);
}

Near near_number(std::string_view text) {
  exact::NumberText number;
  if (exact::read_number(text, number)) {
    if (text.find_first_of("eE") != text.npos) return Near::exponent;
    return text[0] == '+' ? Near::plus_sign : Near::leading_zero;
  }
  if (text.front() == ' ' || text.back() == ' ') {
    const size_t first = text.find_first_not_of(' ');
    if (first == text.npos) return Near::none;
    const std::string_view inner = text.substr(first, text.find_last_not_of(' ') - first + 1);
    return exact::read_number(inner, number) ? Near::white_space : Near::none;
  }
  if (text.find(',') == text.npos || text.find_first_not_of("0123456789.,-") != text.npos) return Near::none;
  return exact::is_digit(text.back()) ? Near::comma : Near::none;
}

bool is_grouped(std::string_view whole, char group) {
  size_t end = whole.find(group);
  if (end == 0 || end > 3 || whole[0] == '0') return false;
  while (end != whole.npos) {
    whole.remove_prefix(end + 1);
    end = whole.find(group);
    if ((end == whole.npos ? whole.size() : end) != 3) return false;
  }
  return true;
}

// `-?WHOLE(DECIMAL DIGITS)?`, the whole without zeros in front and in groups of three or in one piece; no negative
// zero.
CommaNumber read_separated(std::string_view text, char decimal, char group) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const size_t point = text.find(decimal);
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point == text.npos ? std::string_view() : text.substr(point + 1);
  CommaNumber out;
  std::string digits;
  std::copy_if(whole.begin(), whole.end(), std::back_inserter(digits), [&](char c) { return c != group; });
  out.grouped = digits.size() != whole.size();
  if (!all_digits(digits) || (point != text.npos && !all_digits(fraction))) return out;
  if (out.grouped ? !is_grouped(whole, group) : digits.size() > 1 && digits[0] == '0') return out;
  if (negative && (digits + std::string(fraction)).find_first_not_of('0') == std::string::npos) return out;
  out.whole_digits = static_cast<uint16_t>(digits == "0" ? 0 : digits.size());
  out.scale = static_cast<uint16_t>(fraction.size());
  out.fits = out.whole_digits + out.scale <= static_cast<int>(kMostDigits);
  return out;
}

void add_separated(std::string_view text, ValueForms& out) {
  if (text.find_first_not_of("0123456789.,-") != text.npos) return;
  out.decimal_comma = read_separated(text, ',', '.');
  out.group_comma = read_separated(text, '.', ',');
}

void add_time(std::string_view text, ValueForms& out) {
  int32_t days = 0;
  int64_t micros = 0;
  if (exact::to_date(text, days) == Fault::none) {
    out.forms |= bit_of(Form::date);
  } else if (const Fault fault = exact::to_timestamp(text, micros); fault == Fault::none) {
    out.forms |= bit_of(Form::timestamp);
  } else if (fault == Fault::has_time_zone && exact::to_timestamptz(text, micros) == Fault::none) {
    out.forms |= bit_of(Form::timestamptz);
  }
}

bool is_uuid(std::string_view text) {
  uint64_t high = 0, low = 0;
  return text.size() == 36 && text[8] == '-' &&
         std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'F'; }) &&
         exact::to_uuid(text, high, low) == Fault::none;
}

// Does the shortest text of the nearest double have the same value?
bool is_exact_double(std::string_view literal, double& value) {
  exact::NumberText number;
  if (!exact::read_number(literal, number) || exact::to_float64(literal, value) != Fault::none) return false;
  if (number.digit_count() <= kDoubleDigits) return true;
  char shortest[40];
  const auto end = std::to_chars(shortest, shortest + sizeof shortest, value, std::chars_format::scientific).ptr;
  exact::NumberText back;
  if (!exact::read_number({shortest, static_cast<size_t>(end - shortest)}, back)) return false;
  const auto digits = [](const exact::NumberText& n) { return std::string(n.whole) + std::string(n.fraction); };
  return back.power == number.power && digits(back) == digits(number);
}

}  // namespace

ValueForms forms_of(std::string_view text) {
  ValueForms out;
  if (text.empty() || text.size() > kLongestOfForms) return out;
  const char first = text.front();
  if (exact::is_digit(first) || first == '-') {
    add_number(text, out);
    add_separated(text, out);
    if (out.forms == 0 && text.size() >= 10 && text[4] == '-') add_time(text, out);
    if (out.forms == 0) out.near = near_number(text);
  } else if (first == '+' || first == ' ' || first == '.') {
    out.near = near_number(text);
  }
  if (out.forms == 0 && is_uuid(text)) out.forms |= bit_of(Form::uuid);
  if (text.size() == 4 || text.size() == 5) {
    const std::string folded = folded_name(text);
    if (folded == "true" || folded == "false") out.forms |= bit_of(Form::boolean);
  }
  return out;
}

ValueForms forms_of_number(std::string_view literal) {
  ValueForms out;
  add_number(literal, out);
  double value = 0;
  if (is_exact_double(literal, value)) {
    out.forms |= bit_of(Form::real);
    out.number = value;
  }
  return out;
}

int null_spelling(std::string_view text) {
  if (text.size() > 4) return -1;
  const auto found = std::find(kNulls.begin(), kNulls.end(), text);
  return found == kNulls.end() ? -1 : static_cast<int>(found - kNulls.begin());
}

std::string_view null_spelling_text(size_t number) { return kNulls[number]; }

}  // namespace ingot::infer
