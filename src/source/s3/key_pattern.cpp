#include "source/s3/key_pattern.h"

#include <span>

#include "source/files/glob.h"

namespace ingot {

namespace {

constexpr std::string_view kAnyFolders = "**";

// Keys may hold empty segments: they are names, not paths.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  for (size_t slash = 0; (slash = text.find('/')) != text.npos; text.remove_prefix(slash + 1))
    out.emplace_back(text.substr(0, slash));
  out.emplace_back(text);
  return out;
}

bool is_hidden(std::string_view name) { return name.starts_with('.'); }

bool match(std::span<const std::string> pattern, std::span<const std::string> key) {
  if (pattern.empty()) return key.empty();
  if (pattern.front() != kAnyFolders)
    return !key.empty() && matches_segment(pattern.front(), key.front()) && match(pattern.subspan(1), key.subspan(1));
  if (pattern.size() == 1) {  // all below
    for (const std::string& name : key) {
      if (is_hidden(name)) return false;
    }
    return !key.empty();
  }
  for (size_t folders = 0; folders < key.size(); ++folders) {
    if (match(pattern.subspan(1), key.subspan(folders))) return true;
    if (is_hidden(key[folders])) return false;
  }
  return false;
}

}  // namespace

KeyPattern::KeyPattern(std::string_view text) {
  std::string whole(text);
  if (whole.empty() || whole.ends_with('/')) whole += kAnyFolders;
  segments_ = split(whole);
  const size_t wildcard = whole.find_first_of("*?[");
  wild_ = wildcard != whole.npos;
  prefix_ = whole.substr(0, wildcard);
  deep_ = wild_ && (whole.find('/', wildcard) != whole.npos || segments_.back() == kAnyFolders);
}

bool KeyPattern::matches(std::string_view key) const { return match(segments_, split(key)); }

}  // namespace ingot
