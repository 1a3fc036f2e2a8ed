#pragma once

#include <regex.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace ingot {

/// Makes random texts for property tests; the same ones in every run.
class RandomText {
 public:
  explicit RandomText(uint32_t seed) : generator_(seed) {}

  size_t below(size_t bound) { return generator_() % bound; }

  /// Returns up to `most` characters of `alphabet`.
  std::string of(std::string_view alphabet, size_t most) {
    std::string text(below(most + 1), ' ');
    for (char& c : text) c = alphabet[below(alphabet.size())];
    return text;
  }

  /// Returns `text` with one character replaced, removed, doubled or inserted.
  std::string mutate(std::string text, std::string_view alphabet) {
    const char c = alphabet[below(alphabet.size())];
    const size_t at = below(text.size() + 1);
    if (at == text.size() || below(4) == 0) return text.insert(at, 1, c);
    if (below(3) == 0) return text.erase(at, 1);
    if (below(2) == 0) return text.insert(at, 1, text[at]);
    text[at] = c;
    return text;
  }

 private:
  std::mt19937 generator_;
};

/// A POSIX extended regular expression, the reference for what has a parser's form. (std::regex warns when it is
/// sanitized by GCC 12, and is slow.)
class Form {
 public:
  explicit Form(const char* expression) { regcomp(&compiled_, expression, REG_EXTENDED); }
  ~Form() { regfree(&compiled_); }
  Form(const Form&) = delete;
  Form& operator=(const Form&) = delete;

  /// Returns the groups, "" for those not taken, if all of `text` (without NUL) matches; else nothing.
  std::vector<std::string> match(const std::string& text) const {
    std::vector<regmatch_t> found(compiled_.re_nsub + 1);
    if (regexec(&compiled_, text.c_str(), found.size(), found.data(), 0) != 0) return {};
    std::vector<std::string> groups;
    for (const regmatch_t& at : found) {
      const auto begin = static_cast<size_t>(at.rm_so);
      groups.push_back(at.rm_so < 0 ? "" : text.substr(begin, static_cast<size_t>(at.rm_eo) - begin));
    }
    return groups;
  }

 private:
  regex_t compiled_;
};

}  // namespace ingot
