// LiteralReader: numbers.

#include <algorithm>
#include <cstring>

#include "format/json/literal_reader.h"
#include "format/json/tokens.h"
#include "types/digits.h"

namespace ingot::json {

namespace {

__extension__ using uint128 = unsigned __int128;

// CPython reads no longer decimal integers (sys.int_info.default_max_str_digits).
constexpr size_t kMaxDigits = 4300;

bool continues_word(char c) {
  const char low = exact::lower(c);
  return (low >= 'a' && low <= 'z') || exact::is_digit(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

bool LiteralReader::number() {
  const char* const begin = at_;
  char* const sign = out_;
  if (peek() == '-') put('-');
  if (peek() == '-' || peek() == '+') {
    ++at_;
    skip_space();
  }
  if (peek() == '.' && peek(1) == '.' && peek(2) == '.') return fail(Fault::no_json_value, begin);
  const char marker = peek() == '0' ? exact::lower(peek(1)) : '\0';
  const uint32_t radix = marker == 'x' ? 16 : marker == 'o' ? 8 : marker == 'b' ? 2 : 0;
  if (!(radix != 0 ? radix_number(radix) : decimal_number())) return false;
  if (!number_ends(begin)) return false;
  // To Python, -0 is 0.
  if (is_integer_ && out_ - sign == 2 && sign[0] == '-' && sign[1] == '0') {
    sign[0] = '0';
    out_ = sign + 1;
  }
  return true;
}

bool LiteralReader::number_ends(const char* begin) {
  if (exact::lower(peek()) == 'j' && !continues_word(peek(1))) return fail(Fault::no_json_value, begin);
  if (at_ != end_ && continues_word(*at_)) return fail_here();
  if (at_ != end_ && is_complex()) return fail(Fault::no_json_value, begin);
  return true;
}

// Does something like `+2j` follow?
bool LiteralReader::is_complex() const {
  const char* at = std::find_if(at_, end_, [](char c) { return c != ' '; });
  if (at == end_ || (*at != '+' && *at != '-')) return false;
  at = std::find_if(at, end_,
                    [](char c) { return std::string_view("0123456789._eE+- ").find(c) == std::string_view::npos; });
  return at != end_ && exact::lower(*at) == 'j';
}

bool LiteralReader::decimal_number() {
  char* const begin = out_;
  is_integer_ = true;
  const bool whole = exact::is_digit(peek());
  if (whole && !digits()) return false;
  const auto size = static_cast<size_t>(out_ - begin);
  if (!whole) put('0');
  if (peek() == '.') {
    is_integer_ = false;
    ++at_;
    put('.');
    if (exact::is_digit(peek())) {
      if (!digits()) return false;
    } else {
      if (!whole) return fail_here();
      put('0');
    }
  } else if (!whole) {
    return fail_here();
  }
  if (exact::lower(peek()) == 'e') {
    is_integer_ = false;
    ++at_;
    put('e');
    if (peek() == '+' || peek() == '-') put(*at_++);
    if (!exact::is_digit(peek())) return fail_here();
    if (!digits()) return false;
  }
  if (is_integer_ && size > kMaxDigits) return fail_here();
  if (size < 2 || *begin != '0') return true;
  // Leading zeros: JSON has none; Python none before a one of an integer.
  const char* const first = std::find_if(begin, begin + size - 1, [](char c) { return c != '0'; });
  if (is_integer_ && *first != '0' && exact::lower(peek()) != 'j') return fail_here();
  std::memmove(begin, first, static_cast<size_t>(out_ - first));
  out_ -= first - begin;
  return true;
}

// Copies `digit (["_"] digit)*`.
bool LiteralReader::digits() {
  for (;;) {
    while (at_ != end_ && exact::is_digit(*at_)) put(*at_++);
    if (peek() != '_') return true;
    if (!exact::is_digit(peek(1))) return fail_here();
    ++at_;
  }
}

bool LiteralReader::radix_number(uint32_t radix) {
  const char* const begin = at_;
  is_integer_ = true;
  at_ += 2;
  uint128 value = 0;
  bool any = false;
  for (;; ++at_) {
    if (peek() == '_') ++at_;
    const uint8_t digit = hex_digit(peek());
    if (digit >= radix) break;
    if (value > (~uint128{0} - digit) / radix) return fail(Fault::bad_literal, begin);
    value = value * radix + digit;
    any = true;
  }
  if (!any || at_[-1] == '_') return fail_here();
  char reversed[40];
  char* last = reversed;
  do {
    *last++ = static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  out_ = std::reverse_copy(reversed, last, out_);
  return true;
}

}  // namespace ingot::json
