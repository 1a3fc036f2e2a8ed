#include <algorithm>
#include <array>
#include <bit>

#include "types/digits.h"
#include "types/exact.h"

namespace ingot::exact {

namespace {

constexpr int kDeepest = 4096;

// The open brackets, one bit each: is it an object?
class Nesting {
 public:
  explicit Nesting(int max_depth) : max_depth_(std::clamp(max_depth, 0, kDeepest)) {}

  bool push(char bracket) {
    if (depth_ == max_depth_) return false;
    const uint64_t bit = uint64_t{1} << (depth_ % 64);
    uint64_t& word = objects_[static_cast<size_t>(depth_ / 64)];
    word = bracket == '{' ? word | bit : word & ~bit;
    ++depth_;
    return true;
  }
  void pop() { --depth_; }
  bool empty() const { return depth_ == 0; }
  bool in_object() const {
    return depth_ > 0 && (objects_[static_cast<size_t>((depth_ - 1) / 64)] >> ((depth_ - 1) % 64) & 1) != 0;
  }

 private:
  std::array<uint64_t, kDeepest / 64> objects_;  // a bit is written before it is read
  int depth_ = 0;
  int max_depth_;
};

constexpr uint64_t kTop = 0x80 * kEachByte;

// Bit 7 in every byte that ends a run of plain characters: `"`, `\`, controls. Bytes above the first such byte may be
// marked in vain, because subtraction borrows.
uint64_t special_bytes(uint64_t word) {
  const uint64_t quote = word ^ '"' * kEachByte;
  const uint64_t backslash = word ^ '\\' * kEachByte;
  return (((quote - kEachByte) & ~quote) | ((backslash - kEachByte) & ~backslash) |
          ((word - 0x20 * kEachByte) & ~word)) &
         kTop;
}

class JsonChecker {
 public:
  JsonChecker(std::string_view text, int max_depth)
      : at_(text.data()), end_(text.data() + text.size()), nesting_(max_depth) {}

  Fault check() {
    Fault fault = check_values();
    if (fault != Fault::none) return fault;
    skip_space();
    return at_ == end_ ? Fault::none : Fault::not_json;
  }

  bool beyond_ascii() const { return beyond_ascii_; }

 private:
  // Checks one value with all that it contains.
  Fault check_values() {
    for (;;) {
      bool opened = false;
      Fault fault = check_one(opened);
      if (fault != Fault::none) return fault;
      if (opened) continue;
      fault = close_and_separate();
      if (fault != Fault::none) return fault;
      if (nesting_.empty()) return Fault::none;
    }
  }

  // Checks a scalar or an empty container; or opens a container and stops before its first value.
  Fault check_one(bool& opened) {
    skip_space();
    if (at_ == end_) return Fault::not_json;
    switch (*at_) {
      case '{':
      case '[':
        return open(opened);
      case '"':
        return check_string();
      case 't':
        return check_word("true");
      case 'f':
        return check_word("false");
      case 'n':
        return check_word("null");
      default:
        return check_number();
    }
  }

  Fault open(bool& opened) {
    const char bracket = *at_++;
    if (!nesting_.push(bracket)) return Fault::too_deep;
    skip_space();
    if (take(bracket == '{' ? '}' : ']')) {
      nesting_.pop();
      return Fault::none;
    }
    opened = true;
    return bracket == '{' ? check_key() : Fault::none;
  }

  // After a value: closes containers until a comma leads to the next value, or until none is open.
  Fault close_and_separate() {
    while (!nesting_.empty()) {
      skip_space();
      const bool object = nesting_.in_object();
      if (take(',')) return object ? check_key() : Fault::none;
      if (!take(object ? '}' : ']')) return Fault::not_json;
      nesting_.pop();
    }
    return Fault::none;
  }

  Fault check_key() {
    skip_space();
    if (at_ == end_ || *at_ != '"') return Fault::not_json;
    const Fault fault = check_string();
    if (fault != Fault::none) return fault;
    skip_space();
    return take(':') ? Fault::none : Fault::not_json;
  }

  Fault check_string() {
    ++at_;
    for (;;) {
      skip_plain();
      if (at_ == end_) return Fault::not_json;
      const auto c = static_cast<unsigned char>(*at_++);
      if (c == '"') return Fault::none;
      if (c == 0) return Fault::nul_byte;
      if (c < 0x20) return Fault::not_json;
      beyond_ascii_ |= c >= 0x80;
      if (c != '\\') continue;
      const Fault fault = check_escape();
      if (fault != Fault::none) return fault;
    }
  }

  // Skips plain characters by words; fewer than eight may be left before the end.
  void skip_plain() {
    while (end_ - at_ >= 8) {
      const uint64_t word = load8(at_);
      // May see bytes after the string too; the whole text is then checked for UTF-8 in vain.
      beyond_ascii_ |= (word & kTop) != 0;
      const uint64_t special = special_bytes(word);
      if (special != 0) {
        at_ += std::countr_zero(special) / 8;
        return;
      }
      at_ += 8;
    }
  }

  // Checks what follows the backslash.
  Fault check_escape() {
    if (at_ == end_) return Fault::not_json;
    const char c = *at_++;
    if (c != 'u')
      return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos ? Fault::none : Fault::not_json;
    uint32_t unit = 0;
    if (!take_hex(unit)) return Fault::not_json;
    if (unit == 0) return Fault::nul_byte;
    if (unit < 0xD800 || unit > 0xDFFF) return Fault::none;
    if (unit > 0xDBFF) return Fault::lone_surrogate;
    if (end_ - at_ < 2 || at_[0] != '\\' || at_[1] != 'u') return Fault::lone_surrogate;
    at_ += 2;
    if (!take_hex(unit)) return Fault::not_json;
    return unit >= 0xDC00 && unit <= 0xDFFF ? Fault::none : Fault::lone_surrogate;
  }

  Fault check_word(std::string_view word) {
    if (static_cast<size_t>(end_ - at_) < word.size() || std::string_view(at_, word.size()) != word) {
      return Fault::not_json;
    }
    at_ += word.size();
    return Fault::none;
  }

  // What may not follow a number (another digit, a letter) is found by whoever reads on.
  Fault check_number() {
    take('-');
    if (!take('0') && !take_digits()) return Fault::not_json;
    if (take('.') && !take_digits()) return Fault::not_json;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!take_digits()) return Fault::not_json;
    }
    return Fault::none;
  }

  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool take_digits() {
    const char* begin = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != begin;
  }

  bool take_hex(uint32_t& unit) {
    if (end_ - at_ < 4) return false;
    unit = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = lower(*at_++);
      const bool letter = c >= 'a' && c <= 'f';
      if (!letter && !is_digit(c)) return false;
      unit = unit * 16 + static_cast<uint32_t>(letter ? c - 'a' + 10 : c - '0');
    }
    return true;
  }

  const char* at_;
  const char* end_;
  Nesting nesting_;
  bool beyond_ascii_ = false;
};

}  // namespace

Fault check_json(std::string_view text, int max_depth) {
  JsonChecker checker(text, max_depth);
  const Fault fault = checker.check();
  if (fault != Fault::none) return fault;
  return checker.beyond_ascii() && !is_utf8(text) ? Fault::bad_utf8 : Fault::none;
}

}  // namespace ingot::exact
