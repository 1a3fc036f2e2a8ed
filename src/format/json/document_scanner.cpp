#include "format/json/document_scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "format/json/tokens.h"

namespace ingot::json {

namespace {

// No number and no key that a pipeline names is as long.
constexpr size_t kMaxToken = 1 << 20;

}  // namespace

DocumentScanner::DocumentScanner(Path path, int max_depth)
    : path_(std::move(path)), max_depth_(static_cast<size_t>(max_depth)) {}

DocumentScanner::Stop DocumentScanner::scan(const char* at, const char* end) {
  while (at != end) {
    if (within_ == Within::string) {
      at = scan_string(at, end);
      if (at == end) break;
    }
    if (within_ == Within::word && (is_space(*at) || *at == ',' || *at == ']' || *at == '}')) {
      if (!end_word()) return {Found::fault, at};
      continue;
    }
    if (begins_target(*at)) {
      found_ = *at == '[';
      if (found_) return {Found::array, at + 1};
      fail(fmt::format("what is at {} is no array", path_text(path_)));
      return {Found::fault, at};
    }
    if (!take(*at)) return {Found::fault, at};
    ++at;
  }
  return {Found::nothing, at};
}

bool DocumentScanner::begins_target(char c) const {
  const bool value = expect_ == Expect::value || (expect_ == Expect::value_or_end && c != ']');
  return value && within_ == Within::none && !is_space(c) && matched_ == path_.size() && matched_ == open_.size();
}

// Passes over what needs no look: most of a string.
const char* DocumentScanner::scan_string(const char* at, const char* end) {
  const char* const begin = at;
  while (at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20) ++at;
  if (keeps_) token_.append(begin, std::min(static_cast<size_t>(at - begin), kMaxToken - token_.size()));
  return at;
}

bool DocumentScanner::take(char c) {
  switch (within_) {
    case Within::word:
      if (token_.size() >= kMaxToken) return fail("not JSON");
      token_ += c;
      return true;
    case Within::string:
      if (c == '"') return end_string();
      if (c != '\\') return fail("a control character within a text");
      within_ = Within::escape;
      keep(c);
      return true;
    case Within::escape:
      if (c != 'u' && std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos)
        return fail("an escape that means nothing");
      hex_digits_ = 0;
      within_ = c == 'u' ? Within::hex : Within::string;
      keep(c);
      return true;
    case Within::hex:
      if (hex_digit(c) > 15) return fail("an escape that means nothing");
      if (++hex_digits_ == 4) within_ = Within::string;
      keep(c);
      return true;
    case Within::none:
      break;
  }
  if (is_space(c)) return true;
  switch (expect_) {
    case Expect::value:
      return begin_value(c);
    case Expect::value_or_end:
      return c == ']' ? close(c) : begin_value(c);
    case Expect::key:
    case Expect::key_or_end:
      if (c == '}' && expect_ == Expect::key_or_end) return close(c);
      if (c != '"') return fail("a key is missing");
      begin_string(true);
      return true;
    case Expect::colon:
      if (c != ':') return fail("no colon behind a key");
      expect_ = Expect::value;
      return true;
    case Expect::comma_or_end:
      if (c != ',') return close(c);
      expect_ = open_.back() == '{' ? Expect::key : Expect::value;
      if (open_.back() == '[') begin_element();
      return true;
    case Expect::nothing:
      break;
  }
  return fail("text behind the document's end");
}

void DocumentScanner::keep(char c) {
  if (keeps_ && token_.size() < kMaxToken) token_ += c;
}

bool DocumentScanner::begin_value(char c) {
  if (c == '{' || c == '[') return begin_container(c);
  if (c == '"') {
    begin_string(false);
    return true;
  }
  if (c == ']' || c == '}' || c == ',' || c == ':') return fail("a value is missing");
  token_.assign(1, c);
  within_ = Within::word;
  return true;
}

bool DocumentScanner::begin_container(char c) {
  if (open_.size() >= max_depth_) return fail(fmt::format("nested deeper than {}", max_depth_));
  open_.push_back(c);
  if (is_on_path()) elements_.push_back(0);
  expect_ = c == '{' ? Expect::key_or_end : Expect::value_or_end;
  if (c == '[') begin_element();
  return true;
}

// In an array: tells whether the path leads to what comes next.
void DocumentScanner::begin_element() {
  if (is_on_path() && path_[matched_].index == elements_.back()++) ++matched_;
}

void DocumentScanner::begin_string(bool key) {
  within_ = Within::string;
  in_key_ = key;
  keeps_ = key && is_on_path() && path_[matched_].index < 0;
  token_.clear();
}

bool DocumentScanner::end_string() {
  within_ = Within::none;
  if (!in_key_) {
    end_value();
    return true;
  }
  expect_ = Expect::colon;
  return !keeps_ || end_key();
}

bool DocumentScanner::end_key() {
  const char* place = nullptr;
  if (check_escapes(token_.data(), token_.data() + token_.size(), place) != Fault::none) return true;
  const size_t size = token_.size();
  token_.resize(size + kUnescapeSlack);
  std::string key(size + kUnescapeSlack, '\0');
  key.resize(unescape(std::string_view(token_).substr(0, size), key.data()).size);
  if (key != path_[matched_].key) return true;
  if (elements_.back()++ > 0) return fail(fmt::format("the key \"{}\" twice", key));
  ++matched_;
  return true;
}

bool DocumentScanner::end_word() {
  if (token_ != "true" && token_ != "false" && token_ != "null" && !is_number(token_)) return fail("not JSON");
  within_ = Within::none;
  end_value();
  return true;
}

bool DocumentScanner::close(char c) {
  if (open_.empty() || c != open_.back() + 2)
    return fail("neither a comma nor the closing bracket");  // in ASCII the next but one
  // An empty array on the path: nothing was begun.
  if (matched_ == open_.size()) --matched_;
  if (is_on_path()) elements_.pop_back();
  open_.pop_back();
  end_value();
  return true;
}

void DocumentScanner::end_value() {
  if (matched_ == open_.size() && matched_ > 0) --matched_;
  expect_ = open_.empty() ? Expect::nothing : Expect::comma_or_end;
}

std::string DocumentScanner::fault_at_end() {
  if (within_ == Within::word && open_.empty() && !end_word()) return what_;
  if (expect_ != Expect::nothing || within_ != Within::none) return "the document is not complete";
  if (!found_) return fmt::format("the document has no {}", path_text(path_));
  return {};
}

}  // namespace ingot::json
