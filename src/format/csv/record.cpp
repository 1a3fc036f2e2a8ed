#include "format/csv/record.h"

namespace ingot::csv {

namespace {

/// Walks one record.
class Reader {
 public:
  Reader(std::string_view text, const Dialect& dialect) : text_(text), dialect_(dialect) {}

  PlainRecord read(bool last) {
    while (read_field()) {
    }
    record_.bytes = at_;
    if (last && !record_.unclosed) record_.complete = true;
    return std::move(record_);
  }

 private:
  bool at_delimiter() const { return dialect_.delimits(text_.substr(at_)); }

  bool at_line_end() const {
    if (text_[at_] == dialect_.newline) return true;
    return dialect_.newline == '\n' && text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n';
  }

  /// Returns whether another field follows.
  bool read_field() {
    field_.clear();
    if (dialect_.quote != 0 && at_ < text_.size() && text_[at_] == dialect_.quote && !read_quoted()) return false;
    while (at_ < text_.size() && !at_delimiter() && !at_line_end()) field_ += text_[at_++];
    record_.fields.push_back(field_);
    if (at_ == text_.size()) return false;
    if (at_delimiter()) return at_ += 1 + dialect_.delimiter_rest.size(), true;
    at_ += text_[at_] == dialect_.newline ? 1 : 2;
    ++record_.newlines;
    record_.complete = true;
    return false;
  }

  /// Reads up to the closing quote; false where there is none.
  bool read_quoted() {
    record_.quoted = true;
    const size_t opened = at_++;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
      if (dialect_.escape != 0 && c == dialect_.escape) {
        if (next == dialect_.quote || next == dialect_.escape) {
          field_ += next;
          ++at_;
        } else {
          record_.bad_quoting = true;
        }
        continue;
      }
      if (c == dialect_.quote) {
        if (dialect_.escape == 0 && next == dialect_.quote) {
          ++at_;
        } else {
          ++at_;
          if (at_ < text_.size() && !at_delimiter() && !at_line_end()) record_.bad_quoting = true;
          return true;
        }
      }
      if (c == dialect_.newline) ++record_.newlines;
      field_ += c;
    }
    record_.unclosed = opened;
    record_.fields.push_back(field_);
    return false;
  }

  std::string_view text_;
  const Dialect& dialect_;
  size_t at_ = 0;
  std::string field_;
  PlainRecord record_;
};

}  // namespace

PlainRecord read_record(std::string_view text, const Dialect& dialect, bool last) {
  return Reader(text, dialect).read(last);
}

}  // namespace ingot::csv
