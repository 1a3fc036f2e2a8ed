#include "spec/source_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace ingot::spec {

namespace {

constexpr size_t kNowhere = std::string_view::npos;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

int open_brackets(std::string_view text) {
  return static_cast<int>(std::count(text.begin(), text.end(), '(') - std::count(text.begin(), text.end(), ')'));
}

bool opens_bracket(const Node& node) { return node.is_scalar() && !node.quoted && open_brackets(node.text) > 0; }

void report(const Node& value, std::string_view cut, std::vector<Error>& errors) {
  errors.push_back(Error{Code::invalid_pipeline, fmt::format("a comma ends a value within {{ }} or [ ]: {}", cut),
                         fmt::format("quote it: \"{}\"", value.text), value.where});
}

void mend_mapping(Node& mapping, const SourceText& source, std::vector<Error>& errors) {
  for (size_t i = 0; i + 1 < mapping.entries.size(); ++i) {
    Node& value = mapping.entries[i].value;
    if (!opens_bracket(value)) continue;
    const std::string cut = value.text;
    size_t next = i + 1;
    while (next < mapping.entries.size() && open_brackets(value.text) > 0) {
      const Entry& entry = mapping.entries[next];
      if (entry.value.kind != Node::Kind::null || !entry.value.text.empty() || entry.key.quoted) break;
      value.text = source.between(value.where, entry.key);
      ++next;
    }
    if (next == i + 1) continue;
    report(value, cut, errors);
    mapping.entries.erase(mapping.entries.begin() + static_cast<long>(i) + 1,
                          mapping.entries.begin() + static_cast<long>(next));
  }
}

}  // namespace

SourceText::SourceText(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {
  lines_.push_back(0);
  is_ascii_ = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') lines_.push_back(i + 1);
  }
}

Place SourceText::place(int line, int byte_column) const {
  if (line < 0) return Place{file_, 0, 0};
  if (is_ascii_ || static_cast<size_t>(line) >= lines_.size()) return Place{file_, line + 1, byte_column + 1};
  const size_t target = lines_[static_cast<size_t>(line)] + static_cast<size_t>(std::max(byte_column, 0));
  move_cursor(line + 1, [&](const Cursor& cursor) { return cursor.offset <=> target; });
  return Place{file_, line + 1, cursor_.column};
}

Place SourceText::place_of(size_t offset) const {
  const auto line = std::upper_bound(lines_.begin(), lines_.end(), offset) - lines_.begin() - 1;
  return place(static_cast<int>(line), static_cast<int>(offset - lines_[static_cast<size_t>(line)]));
}

size_t SourceText::offset(const Place& where) const {
  if (where.line < 1 || static_cast<size_t>(where.line) > lines_.size()) return text_.size();
  if (is_ascii_) {
    return std::min(lines_[static_cast<size_t>(where.line) - 1] + static_cast<size_t>(where.column) - 1, text_.size());
  }
  move_cursor(where.line, [&](const Cursor& cursor) { return cursor.column <=> where.column; });
  return cursor_.offset;
}

// Questions come in the order of the text, so that counting goes on where it ended; a long line costs its length once.
template <class Compare>
void SourceText::move_cursor(int line, const Compare& to_target) const {
  const Cursor start{line, 1, lines_[static_cast<size_t>(line) - 1]};
  if (cursor_.line != line || to_target(cursor_) > 0) cursor_ = start;
  while (cursor_.offset < text_.size() && to_target(cursor_) < 0) {
    ++cursor_.column;
    for (++cursor_.offset; cursor_.offset < text_.size() && continues_character(text_[cursor_.offset]);)
      ++cursor_.offset;
  }
}

std::string SourceText::null_spelling(const Place& where) const {
  const std::string_view rest = text_.substr(offset(where));
  for (std::string_view spelling : {"null", "Null", "NULL", "~"}) {
    if (!rest.starts_with(spelling)) continue;
    if (rest.size() == spelling.size()) return std::string(spelling);
    const char next = rest[spelling.size()];
    if (is_space(next) || next == ',' || next == '}' || next == ']' || next == ':') return std::string(spelling);
  }
  return {};
}

size_t SourceText::skip_anchor(size_t at) const {
  if (at >= text_.size() || text_[at] != '&') return at;
  while (at < text_.size() && !is_space(text_[at])) ++at;
  while (at < text_.size() && is_space(text_[at])) ++at;
  return at;
}

bool SourceText::is_unclosed_quote(const Place& where) const {
  size_t at = skip_anchor(offset(where));
  if (at >= text_.size() || (text_[at] != '"' && text_[at] != '\'')) return false;
  const char quote = text_[at];
  for (++at; at < text_.size(); ++at) {
    if (quote == '"' && text_[at] == '\\') {
      ++at;
    } else if (text_[at] == quote) {
      if (quote == '"' || at + 1 >= text_.size() || text_[at + 1] != quote) return false;
      ++at;
    }
  }
  return true;
}

// A plain scalar stands in the source as it is, but for white space: a run of it may be a line break with indentation.
size_t SourceText::skip_plain(const Place& where, std::string_view value) const {
  size_t at = skip_anchor(offset(where));
  for (size_t i = 0; i < value.size();) {
    if (is_space(value[i])) {
      while (i < value.size() && is_space(value[i])) ++i;
      if (at >= text_.size() || !is_space(text_[at])) return kNowhere;
      while (at < text_.size() && is_space(text_[at])) ++at;
    } else {
      if (at >= text_.size() || text_[at] != value[i]) return kNowhere;
      ++at;
      ++i;
    }
  }
  return at;
}

std::string SourceText::between(const Place& from, const Node& last) const {
  const size_t begin = offset(from);
  return std::string(text_.substr(begin, offset(last.where) + last.text.size() - begin));
}

bool SourceText::is_cut_by_comment(const Place& where, std::string_view value) const {
  size_t at = skip_plain(where, value);
  if (at == kNowhere || at >= text_.size() || (text_[at] != ' ' && text_[at] != '\t')) return false;
  while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\t')) ++at;
  return at < text_.size() && text_[at] == '#';
}

void mend_cut_values(Node& node, const SourceText& source, std::vector<Error>& errors) {
  if (node.is_mapping()) mend_mapping(node, source, errors);
  for (Node& item : node.items) mend_cut_values(item, source, errors);
  for (Entry& entry : node.entries) mend_cut_values(entry.value, source, errors);
}

}  // namespace ingot::spec
