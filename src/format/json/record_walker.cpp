#include "format/json/record_walker.h"

#include <cstring>

#include "format/json/tokens.h"

namespace ingot::json {

RecordWalker::RecordWalker(FieldTree& tree, int max_depth, Drift drift)
    : tree_(tree), max_depth_(max_depth), drift_(drift), open_(static_cast<size_t>(max_depth) + 1) {}

void RecordWalker::start(std::string_view text, const uint32_t* positions) {
  base_ = text.data();
  end_ = base_ + text.size();
  at_ = positions;
  backslash_ = base_ - 1;
}

Verdict RecordWalker::walk(const char* end, Span* spans, ElementSpans* lists) {
  limit_ = static_cast<uint32_t>(end - base_);
  spans_ = spans;
  lists_ = lists;
  verdict_ = {};
  undeclared_.clear();
  const char* const begin = base_ + *at_;
  const bool needs_object = !tree_.root().keys.empty();
  if (read_value(tree_.root(), 0)) {
    if (*at_ < limit_) {
      fail_here();
    } else if (needs_object && *begin != '{') {
      fail(Fault::not_an_object, begin);
    }
  }
  if (verdict_.fault == Fault::bad_json) {
    if (const void* nul = std::memchr(begin, 0, static_cast<size_t>(end - begin))) {
      fail(Fault::nul_byte, static_cast<const char*>(nul));
    }
  }
  return verdict_;
}

void RecordWalker::note(const FieldNode& node, const Span& span) {
  for (const Taker taker : node.takers) {
    Span& taken = taker.list < 0 ? spans_[taker.slot] : lists_[taker.list].last()[taker.cell];
    if (taken.kind != Span::Kind::absent && taken.rank <= taker.rank) continue;
    taken = span;
    taken.rank = taker.rank;
  }
}

bool RecordWalker::read_value(FieldNode& node, int depth) {
  const char c = peek();
  if (c != '{' && c != '[') {
    Span span;
    if (!read_scalar(span)) return false;
    note(node, span);
    return true;
  }
  Span span;
  span.begin = base_ + *at_;
  span.kind = c == '{' ? Span::Kind::object : Span::Kind::array;
  bool good;
  if (c == '{' && !node.keys.empty()) {
    good = read_object(node, depth + 1);
  } else if (c == '[' && (!node.elements.empty() || node.every >= 0)) {
    good = read_array(node, depth + 1);
  } else {
    good = skip_value(depth);
  }
  if (!good) return false;
  if (!node.takers.empty()) {
    span.size = static_cast<uint32_t>(base_ + at_[-1] + 1 - span.begin);
    note(node, span);
  }
  return true;
}

bool RecordWalker::read_object(FieldNode& node, int depth) {
  if (depth > max_depth_) return fail(Fault::too_deep, base_ + *at_);
  ++at_;
  if (peek() == '}') {
    ++at_;
    return true;
  }
  const uint64_t number = ++objects_;
  KeyTable::Cursor cursor;
  const bool watched = drift_ != Drift::ignore && !node.covered;
  for (bool closed = false; !closed;) {
    if (peek() != '"') return fail_here();
    const char* const key_place = base_ + *at_;
    int child = KeyTable::kUndeclared;
    const uint32_t size = at_[1] - at_[0] - 2;  // where the colon follows at once
    Span key{key_place + 1, size, Span::Kind::string, 0};
    if (node.keys.expect(cursor, key_place + 1, size, child)) {
      ++at_;
    } else {
      if (!read_string(key)) return false;
      child = find_child(node, cursor, key);
    }
    if (peek() != ':') return fail_here();
    ++at_;
    if (child == KeyTable::kUndeclared) {
      if (watched ? !read_undeclared(node, depth, key) : !skip_value(depth)) return false;
    } else {
      FieldNode& field = tree_[child];
      if (field.last_parent == number) return fail(Fault::duplicate_key, key_place);
      field.last_parent = number;
      if (!read_value(field, depth)) return false;
    }
    if (!separate('}', closed)) return false;
  }
  return true;
}

bool RecordWalker::read_undeclared(const FieldNode& node, int depth, const Span& key) {
  if (drift_ != Drift::rescue) return fail(Fault::unknown_field, key.begin - 1);
  UndeclaredField field{&node, key, {}};
  if (!take_value(depth, field.value)) return false;
  undeclared_.push_back(field);
  return true;
}

bool RecordWalker::take_value(int depth, Span& span) {
  const char c = peek();
  if (c != '{' && c != '[') return read_scalar(span);
  span.begin = base_ + *at_;
  span.kind = c == '{' ? Span::Kind::object : Span::Kind::array;
  if (!skip_value(depth)) return false;
  span.size = static_cast<uint32_t>(base_ + at_[-1] + 1 - span.begin);
  return true;
}

int RecordWalker::find_child(FieldNode& node, KeyTable::Cursor& cursor, const Span& key) {
  if (key.kind == Span::Kind::string) {
    // Not yet tried where white space follows the key.
    int child = KeyTable::kUndeclared;
    return node.keys.expect(cursor, key.begin, key.size, child) ? child : node.keys.find(cursor, key.text());
  }
  key_.resize(key.size + kUnescapeSlack);
  const Unescaped made = unescape(key.text(), key_.data());
  return node.keys.find(cursor, std::string_view(key_).substr(0, made.size));
}

bool RecordWalker::read_array(FieldNode& node, int depth) {
  if (depth > max_depth_) return fail(Fault::too_deep, base_ + *at_);
  ++at_;
  if (peek() == ']') {
    ++at_;
    return true;
  }
  size_t wanted = 0;
  int index = 0;
  for (bool closed = false; !closed; ++index) {
    const bool alone = wanted < node.elements.size() && node.elements[wanted].index == index;
    const uint32_t* const begin = at_;
    if (alone && !read_value(tree_[node.elements[wanted++].child], depth)) return false;
    if (node.every >= 0) {
      if (alone) go_back(begin);
      if (!read_element(node, depth)) return false;
    } else if (!alone && !skip_value(depth)) {
      return false;
    }
    if (!separate(']', closed)) return false;
  }
  return true;
}

bool RecordWalker::read_element(FieldNode& node, int depth) {
  ElementSpans& list = lists_[node.list];
  list.add();
  Span& element = list.last()[ElementList::kElement];
  const char c = peek();
  element.begin = base_ + *at_;
  element.size = 1;  // of a container or number it is not asked for
  element.kind = c == '{' ? Span::Kind::object : c == 'n' ? Span::Kind::null : Span::Kind::number;
  return read_value(tree_[node.every], depth);
}

void RecordWalker::go_back(const uint32_t* token) {
  at_ = token;
  backslash_ = base_ - 1;
}

bool RecordWalker::separate(char closing, bool& closed) {
  const char c = peek();
  closed = c == closing;
  if (!closed && c != ',') return fail_here();
  ++at_;
  return true;
}

bool RecordWalker::read_string(Span& span) {
  const char* const content = base_ + *at_ + 1;
  ++at_;
  // Between a string's end and the next token there is nothing but white space.
  const char* end = base_ + *at_;
  while (is_space(end[-1])) --end;
  --end;
  span.begin = content;
  span.size = static_cast<uint32_t>(end - content);
  span.kind = Span::Kind::string;
  if (backslash_ < content) {
    const void* found = std::memchr(content, '\\', static_cast<size_t>(end_ - content));
    backslash_ = found == nullptr ? end_ : static_cast<const char*>(found);
  }
  if (backslash_ < end) {
    span.kind = Span::Kind::escaped;
    const char* place = nullptr;
    const Fault fault = check_escapes(backslash_, end, place);
    if (fault != Fault::none) return fail(fault, place);
  }
  return true;
}

bool RecordWalker::read_scalar(Span& span) {
  const char first = peek();
  if (first == '"') return read_string(span);
  if (first == '\0') return fail_here();
  span.begin = base_ + *at_;
  const char* end = base_ + at_[1];
  while (is_space(end[-1])) --end;
  span.size = static_cast<uint32_t>(end - span.begin);
  const std::string_view token = span.text();
  bool good;
  switch (first) {
    case 't':
      span.kind = Span::Kind::yes;
      good = token == "true";
      break;
    case 'f':
      span.kind = Span::Kind::no;
      good = token == "false";
      break;
    case 'n':
      span.kind = Span::Kind::null;
      good = token == "null";
      break;
    default:
      span.kind = Span::Kind::number;
      good = is_number(token);
  }
  if (!good) return fail_here();
  ++at_;
  return true;
}

bool RecordWalker::skip_value(int depth) {
  const int outside = depth;
  Span span;
  for (;;) {
    // Here a value begins.
    const char c = peek();
    if (c == '{' || c == '[') {
      if (++depth > max_depth_) return fail(Fault::too_deep, base_ + *at_);
      ++at_;
      open_[static_cast<size_t>(depth)] = c;
      const bool empty = peek() == c + 2;  // in ASCII the closing bracket is the opening one's next but one
      if (!empty) {
        if (c == '{' && !skip_key()) return false;
        continue;
      }
      ++at_;
      --depth;
    } else if (!read_scalar(span)) {
      return false;
    }
    // Here a value has ended.
    for (;;) {
      if (depth == outside) return true;
      bool closed = false;
      const char bracket = open_[static_cast<size_t>(depth)];
      if (!separate(static_cast<char>(bracket + 2), closed)) return false;
      if (!closed) {
        if (bracket == '{' && !skip_key()) return false;
        break;
      }
      --depth;
    }
  }
}

bool RecordWalker::skip_key() {
  Span key;
  if (peek() != '"') return fail_here();
  if (!read_string(key)) return false;
  if (peek() != ':') return fail_here();
  ++at_;
  return true;
}

}  // namespace ingot::json
