#include "spec/enum_type.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/names.h"

namespace ingot::spec {

namespace {

constexpr std::string_view kEnumWord = "enum";
constexpr const char* kEnumHint = "write e.g. enum(new, sold, 'in transit')";

/// Takes the values of an enum one by one.
class EnumReader {
 public:
  explicit EnumReader(std::string_view text) : text_(text), rest_(text.substr(kEnumWord.size())) {}

  Result<std::vector<std::string>> read() {
    skip_space();
    if (!take('(')) return wrong("an enum without values");
    while (true) {
      INGOT_TRY(read_label());
      if (take(')')) break;
      if (!take(',')) return wrong("no end of an enum's values");
    }
    skip_space();
    if (!rest_.empty()) return wrong("text behind an enum");
    return std::move(labels_);
  }

 private:
  tl::unexpected<Error> wrong(const char* what) const {
    return fail(Code::invalid_pipeline, fmt::format("{}: \"{}\"", what, text_), kEnumHint);
  }

  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  bool take(char c) {
    skip_space();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  Status read_label() {
    skip_space();
    std::string label;
    if (rest_.starts_with('\'') || rest_.starts_with('"')) {
      INGOT_TRY(read_quoted(label));
    } else {
      std::string_view plain = rest_.substr(0, rest_.find_first_of(",()'\""));
      rest_.remove_prefix(plain.size());
      plain = plain.substr(0, plain.find_last_not_of(" \t\r\n") + 1);
      if (plain.empty()) return wrong("an enum with an empty value");
      label = plain;
    }
    if (std::find(labels_.begin(), labels_.end(), label) != labels_.end())
      return fail(Code::invalid_pipeline, fmt::format("an enum names a value twice: \"{}\"", label));
    labels_.push_back(std::move(label));
    return {};
  }

  // A doubled quote is one.
  Status read_quoted(std::string& label) {
    const char quote = rest_.front();
    for (rest_.remove_prefix(1); !rest_.empty(); rest_.remove_prefix(1)) {
      if (rest_.front() == quote) {
        rest_.remove_prefix(1);
        if (!rest_.starts_with(quote)) return {};
      }
      label += rest_.front();
    }
    return wrong("no end of a quoted value");
  }

  const std::string_view text_;
  std::string_view rest_;
  std::vector<std::string> labels_;
};

}  // namespace

bool is_enum(std::string_view text) {
  if (text.size() < kEnumWord.size() || folded_name(text.substr(0, kEnumWord.size())) != kEnumWord) return false;
  return text.size() == kEnumWord.size() || text[kEnumWord.size()] == '(' || text[kEnumWord.size()] == ' ';
}

Result<std::vector<std::string>> parse_enum(std::string_view text) { return EnumReader(text).read(); }

}  // namespace ingot::spec
