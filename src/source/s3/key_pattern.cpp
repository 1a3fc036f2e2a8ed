#include "source/s3/key_pattern.h"

#include <vector>

namespace ingot {

namespace {

// Keys may hold empty segments: they are names, not paths.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> out;
  for (size_t slash = 0; (slash = text.find('/')) != text.npos; text.remove_prefix(slash + 1))
    out.push_back(text.substr(0, slash));
  out.push_back(text);
  return out;
}

// The empty pattern, and one that ends with a slash, stand for all below.
std::string whole_pattern(std::string_view text) {
  return text.empty() || text.ends_with('/') ? std::string(text) + "**" : std::string(text);
}

std::vector<std::string> segments_of(std::string_view text) {
  const std::vector<std::string_view> segments = split(text);
  return {segments.begin(), segments.end()};
}

}  // namespace

KeyPattern::KeyPattern(std::string_view text) : segments_(segments_of(whole_pattern(text))) {
  const std::string whole = whole_pattern(text);
  const size_t wildcard = whole.find_first_of("*?[");
  wild_ = wildcard != whole.npos;
  prefix_ = whole.substr(0, wildcard);
  deep_ = wild_ && (whole.find('/', wildcard) != whole.npos || split(whole).back() == "**");
}

bool KeyPattern::matches(std::string_view key) const { return segments_.matches(split(key)); }

}  // namespace ingot
