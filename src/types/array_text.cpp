#include "types/array_text.h"

#include <cstdint>
#include <string>

#include "types/digits.h"
#include "types/exact.h"

namespace ingot::exact {

namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_number(Kind kind) {
  switch (kind) {
    case Kind::int16:
    case Kind::int32:
    case Kind::int64:
    case Kind::float32:
    case Kind::float64:
    case Kind::decimal:
      return true;
    default:
      return false;
  }
}

// ---- JSON, which check_json has seen --------------------------------------------------------------------------------

uint32_t hex_unit(const char* p) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = lower(p[i]);
    value = value << 4 | static_cast<uint32_t>(is_digit(c) ? c - '0' : c - 'a' + 10);
  }
  return value;
}

void put_utf8(uint32_t point, std::string& out) {
  const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  const auto put_rest = [&](int shift) { put(0x80 | (point >> shift & 0x3F)); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xC0 | point >> 6);
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put_rest(6);
  } else {
    put(0xF0 | point >> 18);
    put_rest(12);
    put_rest(6);
  }
  put_rest(0);
}

// Takes the four digits behind `\u` and, of a surrogate, its partner.
uint32_t take_point(const char*& at) {
  uint32_t point = hex_unit(at);
  at += 4;
  if (point >= 0xD800 && point < 0xDC00) {
    point = 0x10000 + ((point - 0xD800) << 10) + (hex_unit(at + 2) - 0xDC00);
    at += 6;
  }
  return point;
}

char plain_escape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

class JsonArray {
 public:
  JsonArray(std::string_view text, Kind element) : at_(text.data() + 1), element_(element) {}

  Fault read(const TakeElement& take) {
    if (first() == ']') return Fault::none;
    for (;;) {
      const Fault fault = read_element(take);
      if (fault != Fault::none) return fault;
      if (first() == ']') return Fault::none;
      ++at_;  // the comma
    }
  }

 private:
  char first() {
    while (is_blank(*at_)) ++at_;
    return *at_;
  }

  Fault read_element(const TakeElement& take) {
    const char c = first();
    if (c == '"') return take(read_string());
    if (c == '[' || c == '{') return Fault::wrong_shape;
    const char* const begin = at_;
    while (*at_ != ',' && *at_ != ']' && !is_blank(*at_)) ++at_;
    const std::string_view word(begin, static_cast<size_t>(at_ - begin));
    if (c == 'n') return take(std::nullopt);
    const bool truth = c == 't' || c == 'f';
    const bool fits = element_ == Kind::text || (truth ? element_ == Kind::boolean : is_number(element_));
    return fits ? take(word) : Fault::wrong_shape;
  }

  std::string_view read_string() {
    const char* const begin = ++at_;
    bool escapes = false;
    for (; *at_ != '"'; ++at_) {
      if (*at_ != '\\') continue;
      escapes = true;
      ++at_;
    }
    const std::string_view raw(begin, static_cast<size_t>(at_ - begin));
    ++at_;
    return escapes ? unescaped(raw) : raw;
  }

  std::string_view unescaped(std::string_view raw) {
    text_.clear();
    for (const char* at = raw.data(); at != raw.data() + raw.size();) {
      if (*at != '\\') {
        text_ += *at++;
      } else if (at[1] == 'u') {
        at += 2;
        put_utf8(take_point(at), text_);
      } else {
        text_ += plain_escape(at[1]);
        at += 2;
      }
    }
    return text_;
  }

  const char* at_;
  Kind element_;
  std::string text_;
};

// ---- PostgreSQL -----------------------------------------------------------------------------------------------------

class BracedArray {
 public:
  explicit BracedArray(std::string_view text) : rest_(text.substr(1)) {}

  Fault read(const TakeElement& take) {
    if (rest_ == "}") return Fault::none;
    for (;;) {
      if (rest_.empty()) return Fault::not_an_array;
      if (rest_.front() == '{') return Fault::wrong_shape;
      const Fault fault = rest_.front() == '"' ? read_quoted(take) : read_plain(take);
      if (fault != Fault::none) return fault;
      if (rest_ == "}") return Fault::none;
      if (!rest_.starts_with(',')) return Fault::not_an_array;
      rest_.remove_prefix(1);
    }
  }

 private:
  Fault read_plain(const TakeElement& take) {
    size_t size = 0;
    for (; size < rest_.size() && rest_[size] != ',' && rest_[size] != '}'; ++size) {
      const char c = rest_[size];
      if (c == '{' || c == '"' || c == '\\' || is_blank(c)) return Fault::not_an_array;
    }
    const std::string_view word = rest_.substr(0, size);
    rest_.remove_prefix(size);
    if (word.empty()) return Fault::not_an_array;
    const bool null = word.size() == 4 && lower(word[0]) == 'n' && lower(word[1]) == 'u' && lower(word[2]) == 'l' &&
                      lower(word[3]) == 'l';
    return null ? take(std::nullopt) : take(word);
  }

  Fault read_quoted(const TakeElement& take) {
    text_.clear();
    for (size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == '"') {
        rest_.remove_prefix(at + 1);
        return take(text_);
      }
      if (rest_[at] == '\\' && ++at == rest_.size()) break;
      text_ += rest_[at];
    }
    return Fault::not_an_array;
  }

  std::string_view rest_;
  std::string text_;
};

}  // namespace

Fault read_array(std::string_view text, Kind element, const TakeElement& take) {
  if (text.starts_with('{')) return BracedArray(text).read(take);
  if (!text.starts_with('[')) return Fault::not_an_array;
  const Fault fault = check_json(text);
  if (fault == Fault::nul_byte) return fault;
  return fault == Fault::none ? JsonArray(text, element).read(take) : Fault::not_an_array;
}

}  // namespace ingot::exact
