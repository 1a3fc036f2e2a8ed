#include "types/path.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace ingot {

namespace {

// Everything else is reserved, so that the language can grow without changing what a path means today.
bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || byte >= 0x80 || std::string_view("_-$@:/#%&=+ ").find(c) != std::string_view::npos;
}

bool is_plain_segment(std::string_view text) {
  return !text.empty() && text.front() != ' ' && text.back() != ' ' && text != "$" &&
         std::all_of(text.begin(), text.end(), is_plain);
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

/// Reads one path from left to right.
class PathReader {
 public:
  explicit PathReader(std::string_view text) : text_(text) {}

  Result<Path> read() {
    if (text_ == "$") return Path{};
    if (text_.empty()) return fail(Code::invalid_pipeline, "empty path", "the whole record is written $");
    Path path;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '[') {
        INGOT_TRY(read_index(path));
      } else {
        if (!path.empty()) {
          if (c != '.') return wrong("expected . or [ in path");
          ++at_;
        }
        // A dot at the end leaves nothing to read: read_plain refuses it.
        INGOT_TRY(at_ < text_.size() && text_[at_] == '"' ? read_quoted(path) : read_plain(path));
      }
    }
    return path;
  }

 private:
  tl::unexpected<Error> wrong(std::string_view message, std::string hint = {}) const {
    return fail(Code::invalid_pipeline, fmt::format("{}: {}", message, text_), std::move(hint));
  }

  Status read_plain(Path& path) {
    const size_t start = at_;
    while (at_ < text_.size() && is_plain(text_[at_])) ++at_;
    const std::string_view segment = text_.substr(start, at_ - start);
    const bool ends = at_ == text_.size() || text_[at_] == '.' || text_[at_] == '[';
    if (ends && segment.empty()) return wrong("empty segment in path", "an empty key is written \"\"");
    if (ends && is_plain_segment(segment)) {
      path.push_back({std::string(segment), -1});
      return {};
    }
    // Proposes what most people mean: everything up to the next dot is one key.
    const std::string_view whole = text_.substr(start, text_.find('.', start) - start);
    return wrong("a path's segment with such characters needs double quotes",
                 fmt::format("write {}", in_quotes(whole)));
  }

  Status read_quoted(Path& path) {
    std::string key;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        if (at_ >= text_.size() || text_[at_] != '"') {
          path.push_back({std::move(key), -1});
          return {};
        }
      }
      key += text_[at_];
    }
    return wrong("unclosed quote in path");
  }

  Status read_index(Path& path) {
    const size_t close = text_.find(']', at_);
    if (close == std::string_view::npos) return wrong("unclosed [ in path");
    const std::string_view digits = text_.substr(at_ + 1, close - at_ - 1);
    if (digits == "*") return wrong("[*] in a path is not supported by this version yet");
    int index = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    const bool leading_zero = digits.size() > 1 && digits.front() == '0';
    if (error != std::errc{} || end != digits.data() + digits.size() || index < 0 || leading_zero) {
      return wrong("not an array index in path", "an index is a whole number that counts from 0, such as [0]");
    }
    path.push_back({{}, index});
    at_ = close + 1;
    return {};
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Result<Path> parse_path(std::string_view text) { return PathReader(text).read(); }

std::string path_text(const Path& path) {
  if (path.empty()) return "$";
  std::string out;
  for (const PathStep& step : path) {
    if (step.index >= 0 || step.index == PathStep::kEvery) {
      out += step.index < 0 ? "[*]" : fmt::format("[{}]", step.index);
      continue;
    }
    if (!out.empty()) out += '.';
    out += is_plain_segment(step.key) ? step.key : in_quotes(step.key);
  }
  return out;
}

}  // namespace ingot
