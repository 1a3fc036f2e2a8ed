#include "format/json/literal_reader.h"

#include <algorithm>
#include <cstring>

#include "format/record_faults.h"
#include "types/exact.h"

namespace ingot::json {

namespace {

bool is_word(char c) {
  const char low = static_cast<char>(c | 0x20);
  return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_quote(char c) { return c == '\'' || c == '"'; }

}  // namespace

// An escape of two bytes, such as \0, may become six, and so may a control character. In long texts they are counted:
// they are few, and what is only reserved costs nothing but may be refused.
size_t LiteralReader::room_for(std::string_view literal) {
  constexpr size_t kSlack = 64;
  constexpr size_t kShort = 1 << 20;
  if (literal.size() <= kShort) return 6 * literal.size() + kSlack;
  const auto grows = [](char c) { return c == '\\' || static_cast<unsigned char>(c) < 0x20; };
  return 2 * literal.size() + 4 * static_cast<size_t>(std::ranges::count_if(literal, grows)) + kSlack;
}

Verdict LiteralReader::read(std::string_view literal, char* out, std::vector<Waypoint>* trail) {
  begin_ = at_ = literal.data();
  end_ = begin_ + literal.size();
  start_ = out_ = out;
  trail_ = trail;
  verdict_ = {};
  if (!exact::is_utf8(literal)) {
    fail(Fault::bad_utf8, begin_ + valid_utf8_prefix(literal));
  } else if (!top() && verdict_.fault == Fault::bad_literal) {
    if (const void* nul = std::memchr(begin_, 0, literal.size())) fail(Fault::nul_byte, static_cast<const char*>(nul));
  }
  return verdict_;
}

bool LiteralReader::top() {
  put(' ');  // the bracket, where it is a tuple without parentheses
  if (!value(0)) return false;
  skip_space();
  const bool tuple = peek() == ',';
  if (tuple) {
    *start_ = '[';
    ++at_;
    if (!elements('\0', 0)) return false;
    put(']');
  }
  if (at_ != end_) return fail_here();
  char* begin = start_;
  while (*begin == ' ') ++begin;
  json_ = {begin, static_cast<size_t>(out_ - begin)};
  return true;
}

// A comment reaches to the line's end; a carriage return would end it before.
void LiteralReader::skip_space() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\f')) ++at_;
  if (peek() != '#') return;
  const std::string_view comment(at_, static_cast<size_t>(end_ - at_));
  if (comment.find('\r') == comment.npos && comment.find('\0') == comment.npos) at_ = end_;
}

bool LiteralReader::value(int depth) {
  mark();
  const char c = peek();
  switch (c) {
    case '\'':
    case '"':
      return text();
    case '{':
      return dict(depth + 1);
    case '[':
      return list(depth + 1);
    case '(':
      return parentheses(depth + 1);
    case '+':
    case '-':
    case '.':
      return number();
    default:
      return c >= '0' && c <= '9' ? number() : word();
  }
}

bool LiteralReader::open(int depth) {
  if (depth > max_depth_) return fail(Fault::too_deep, at_);
  ++at_;
  skip_space();
  return true;
}

bool LiteralReader::dict(int depth) {
  const char* const bracket = at_;
  if (!open(depth)) return false;
  put('{');
  while (peek() != '}') {
    if (!key(depth)) return false;
    skip_space();
    if (peek() != ':') return peek() == ',' || peek() == '}' ? fail(Fault::no_json_value, bracket) : fail_here();
    ++at_;
    put(':');
    skip_space();
    if (!value(depth)) return false;
    skip_space();
    if (peek() == '}') break;
    if (peek() != ',') return fail_here();
    ++at_;
    skip_space();
    if (peek() != '}') put(',');
  }
  ++at_;
  put('}');
  return true;
}

bool LiteralReader::key(int depth) {
  const char* const place = at_;
  const char c = peek();
  bool raw = false;
  if (is_quote(c) || begins_string(raw)) return value(depth);
  is_integer_ = false;
  const bool numeric = (c >= '0' && c <= '9') || c == '-' || c == '+';
  mark();
  if (numeric) put('"');
  if (!value(depth)) return false;
  if (!numeric || !is_integer_) return fail(Fault::no_json_value, place);
  put('"');
  return true;
}

bool LiteralReader::list(int depth) {
  if (!open(depth)) return false;
  put('[');
  if (!elements(']', depth)) return false;
  ++at_;
  put(']');
  return true;
}

// Reads `value, value, …` up to `closing`, which is not taken; NUL: up to the literal's end. Behind a tuple's first
// element and its comma it goes on likewise.
bool LiteralReader::elements(char closing, int depth) {
  const auto closed = [&] { return closing == '\0' ? at_ == end_ : peek() == closing; };
  skip_space();
  bool first = out_[-1] == '[';
  while (!closed()) {
    if (!first) put(',');
    first = false;
    if (!value(depth)) return false;
    skip_space();
    if (closed()) break;
    if (peek() != ',') return fail_here();
    ++at_;
    skip_space();
  }
  return true;
}

bool LiteralReader::parentheses(int depth) {
  char* const bracket = out_;
  if (!open(depth)) return false;
  put('[');
  if (peek() != ')') {
    if (!value(depth)) return false;
    skip_space();
    if (peek() == ')') {
      *bracket = ' ';
      ++at_;
      return true;
    }
    if (peek() != ',') return fail_here();
    ++at_;
    if (!elements(')', depth)) return false;
  }
  ++at_;
  put(']');
  return true;
}

bool LiteralReader::word() {
  bool raw = false;
  if (begins_string(raw)) return text();
  const char* const begin = at_;
  while (at_ != end_ && is_word(*at_)) ++at_;
  const std::string_view name(begin, static_cast<size_t>(at_ - begin));
  std::string_view json;
  if (name == "None") {
    json = "null";
  } else if (name == "True") {
    json = "true";
  } else if (name == "False") {
    json = "false";
  } else {
    std::string low(name.substr(0, 3));
    std::ranges::transform(low, low.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    const bool bytes = is_quote(peek()) && (low == "b" || low == "br" || low == "rb");
    const bool set = name == "set" && peek() == '(' && peek(1) == ')';
    return fail(bytes || set ? Fault::no_json_value : Fault::bad_literal, begin);
  }
  out_ = std::copy(json.begin(), json.end(), out_);
  return true;
}

// Does a string begin here that is made of characters? `raw`: whose backslashes are plain.
bool LiteralReader::begins_string(bool& raw) const {
  const char c = peek();
  raw = c == 'r' || c == 'R';
  return is_quote(c) || ((raw || c == 'u' || c == 'U') && is_quote(peek(1)));
}

}  // namespace ingot::json
