#include "infer/json_fields.h"

#include <algorithm>
#include <tuple>

namespace ingot::infer {

namespace {

void skip_space(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

// The number of bytes of the string at the beginning of `text`, quotes included.
size_t string_size(std::string_view text) {
  size_t at = 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

size_t value_size(std::string_view text) {
  if (text.empty()) return 0;
  if (text[0] == '"') return string_size(text);
  if (text[0] != '{' && text[0] != '[') return std::min(text.find_first_of(",]} \t\r\n"), text.size());
  int open = 0;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at += string_size(text.substr(at));
      continue;
    }
    open += c == '{' || c == '[';
    open -= c == '}' || c == ']';
    ++at;
    if (open == 0) return at;
  }
  return text.size();
}

uint32_t hex(std::string_view digits) {
  uint32_t value = 0;
  for (const char c : digits) {
    value = value * 16 + static_cast<uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

void append_utf8(uint32_t point, std::string& out) {
  const auto byte = [&](uint32_t bits) { out += static_cast<char>(bits); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xc0 | point >> 6), byte(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    byte(0xe0 | point >> 12), byte(0x80 | (point >> 6 & 0x3f)), byte(0x80 | (point & 0x3f));
  } else {
    byte(0xf0 | point >> 18), byte(0x80 | (point >> 12 & 0x3f));
    byte(0x80 | (point >> 6 & 0x3f)), byte(0x80 | (point & 0x3f));
  }
}

// The content of a string, quotes left out.
std::string unescape(std::string_view text) {
  constexpr std::string_view kLetters = "bfnrt", kMeant = "\b\f\n\r\t";
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 >= text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    if (c != 'u') {
      const size_t letter = kLetters.find(c);
      out += letter == kLetters.npos ? c : kMeant[letter];
      continue;
    }
    uint32_t point = hex(text.substr(i + 1, 4));
    i += 4;
    if (point >= 0xd800 && point < 0xdc00) {
      point = 0x10000 + ((point - 0xd800) << 10) + (hex(text.substr(i + 3, 4)) - 0xdc00);
      i += 6;
    }
    append_utf8(point, out);
  }
  return out;
}

std::string content(std::string_view quoted) {
  const std::string_view inner = quoted.substr(1, quoted.size() - 2);
  return inner.find('\\') == inner.npos ? std::string(inner) : unescape(inner);
}

bool earlier(const JsonField* a, const JsonField* b) {
  return std::tie(a->first_record, a->first_place) < std::tie(b->first_record, b->first_place);
}

}  // namespace

size_t FieldNumbers::number(const std::string& path) {
  std::lock_guard lock(mutex_);
  const auto [found, is_new] = numbers_.try_emplace(path, numbers_.size());
  if (!is_new) return found->second;
  if (numbers_.size() <= most_) return found->second;
  numbers_.erase(found);
  overflowed_ = true;
  return most_;
}

bool FieldNumbers::overflowed() const {
  std::lock_guard lock(mutex_);
  return overflowed_;
}

void JsonField::merge(const JsonField& other) {
  if (std::tie(other.first_record, other.first_place) < std::tie(first_record, first_place)) {
    first_record = other.first_record;
    first_place = other.first_place;
  }
  if (path.empty()) path = other.path;
  seen += other.seen;
  repeated += other.repeated;
  holds_nul = holds_nul || other.holds_nul;
  column.number = other.column.number;
  column.profile.merge(other.column.profile);
  for (const auto& [key, child] : other.children) {
    auto& mine = children[key];
    if (!mine) mine = std::make_unique<JsonField>();
    mine->merge(*child);
  }
}

void JsonFields::add(std::string_view record, const Address& at) {
  at_ = at;
  place_ = 0;
  walk(record, root_, depth_);
}

void JsonFields::walk(std::string_view object, JsonField& parent, int depth) {
  skip_space(object);
  object.remove_prefix(1);
  for (skip_space(object); !object.empty() && object[0] == '"'; skip_space(object)) {
    const size_t key_size = string_size(object);
    const std::string key = content(object.substr(0, key_size));
    object.remove_prefix(key_size);
    skip_space(object);
    object.remove_prefix(1);  // the colon
    skip_space(object);
    const size_t size = value_size(object);
    if (JsonField* field = field_of(parent, key)) value(object.substr(0, size), *field, depth);
    object.remove_prefix(size);
    skip_space(object);
    if (!object.empty() && object[0] == ',') object.remove_prefix(1);
  }
}

JsonField* JsonFields::field_of(JsonField& parent, std::string_view key) {
  auto found = parent.children.find(key);
  if (found == parent.children.end()) {
    std::vector<std::string> path = parent.path;
    path.emplace_back(key);
    std::string text;
    for (const std::string& step : path) text += step + '\0';
    const size_t number = numbers_.number(text);
    if (number == numbers_.most()) return nullptr;
    found = parent.children.emplace(key, std::make_unique<JsonField>()).first;
    found->second->path = std::move(path);
    found->second->column.number = number;
    found->second->first_record = at_.record;
    found->second->first_place = place_;
  }
  ++place_;
  JsonField& field = *found->second;
  field.repeated += field.last_record == at_.record;
  field.seen += field.last_record != at_.record;
  field.last_record = at_.record;
  return &field;
}

void JsonFields::value(std::string_view text, JsonField& field, int depth) {
  const auto add = [&](Shape shape, std::string_view shown) { field.column.add(shape, shown, at_, unique_); };
  switch (text.empty() ? 'n' : text[0]) {
    case 'n':
      return field.column.profile.add_null();
    case 't':
    case 'f':
      return add(Shape::boolean, text);
    case '[':
      return add(Shape::array, text);
    case '{':
      add(Shape::object, text);
      if (depth > 0) walk(text, field, depth - 1);
      return;
    case '"': {
      const std::string inner = content(text);
      field.holds_nul = field.holds_nul || inner.find('\0') != inner.npos;
      return add(Shape::text, inner);
    }
    default:
      return add(Shape::number, text);
  }
}

namespace {

void flush(JsonField& field, UniqueValues& unique) {
  field.column.flush(unique);
  for (auto& [key, child] : field.children) flush(*child, unique);
}

void collect(const JsonField& parent, std::vector<const JsonField*>& out) {
  for (const auto& [key, child] : parent.children) {
    const ColumnProfile& profile = child->column.profile;
    const bool all_objects = profile.empties() == 0 && profile.of_shape(Shape::object) == profile.values();
    if (!child->children.empty() && all_objects && child->repeated == 0) {
      collect(*child, out);
    } else {
      out.push_back(child.get());
    }
  }
}

}  // namespace

void JsonFields::finish() { flush(root_, unique_); }

std::vector<const JsonField*> JsonFields::columns() const {
  std::vector<const JsonField*> out;
  collect(root_, out);
  std::sort(out.begin(), out.end(), earlier);
  return out;
}

}  // namespace ingot::infer
