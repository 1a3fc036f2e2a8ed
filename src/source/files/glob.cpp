#include "source/files/glob.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace ingot {

namespace {

constexpr std::string_view kAnyFolders = "**";

// Takes one UTF-8 character; a byte that does not begin one stands for itself, above all code points.
uint32_t take_character(std::string_view text, size_t& at) {
  constexpr uint32_t kRawByte = 0x110000;
  const auto lead = static_cast<uint8_t>(text[at++]);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
  if (more == 0 || at + more > text.size()) return kRawByte + lead;
  uint32_t character = lead & (0x3f >> more);
  for (int i = 0; i < more; ++i) {
    const auto next = static_cast<uint8_t>(text[at + i]);
    if ((next & 0xc0) != 0x80) return kRawByte + lead;
    character = character << 6 | (next & 0x3f);
  }
  at += more;
  return character;
}

// Returns whether `character` is in the class that begins after the `[` at `at`, and moves behind the `]`. Nothing if
// the class is not closed.
std::optional<bool> in_class(std::string_view segment, size_t& at, uint32_t character) {
  size_t i = at;
  const bool negated = i < segment.size() && (segment[i] == '!' || segment[i] == '^');
  if (negated) ++i;
  bool found = false;
  for (bool first = true; i < segment.size() && (first || segment[i] != ']'); first = false) {
    const uint32_t low = take_character(segment, i);
    uint32_t high = low;
    if (i + 1 < segment.size() && segment[i] == '-' && segment[i + 1] != ']') {
      high = take_character(segment, ++i);
    }
    found = found || (low <= character && character <= high);
  }
  if (i >= segment.size()) return std::nullopt;
  at = i + 1;
  return found != negated;
}

// Matches one character of both; moves both.
bool match_one(std::string_view segment, size_t& at, std::string_view name, size_t& name_at) {
  if (at >= segment.size()) return false;
  const uint32_t character = take_character(name, name_at);
  if (segment[at] == '?') {
    ++at;
    return true;
  }
  if (segment[at] == '[') {
    size_t behind = at + 1;
    if (const auto within = in_class(segment, behind, character)) {
      at = behind;
      return *within;
    }
  }
  return take_character(segment, at) == character;
}

}  // namespace

bool has_wildcard(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

bool matches_segment(std::string_view segment, std::string_view name) {
  if (name.starts_with('.') && !segment.starts_with('.')) return false;
  constexpr size_t kNone = std::string_view::npos;
  size_t at = 0;
  size_t name_at = 0;
  size_t star = kNone;  // behind the last `*`; on a mismatch it takes one character more
  size_t star_name = 0;
  while (name_at < name.size()) {
    if (at < segment.size() && segment[at] == '*') {
      star = ++at;
      star_name = name_at;
    } else if (!match_one(segment, at, name, name_at)) {
      if (star == kNone) return false;
      at = star;
      take_character(name, star_name);
      name_at = star_name;
    }
  }
  return segment.find_first_not_of('*', at) == kNone;
}

SegmentsPattern::SegmentsPattern(std::vector<std::string> segments) : segments_(std::move(segments)) {
  if (!segments_.empty() && segments_.back() == kAnyFolders) segments_.emplace_back("*");
}

// Which segments of the pattern may match next is kept, not tried one after the other.
bool SegmentsPattern::matches(std::span<const std::string_view> path) const {
  std::vector<bool> active(segments_.size() + 1);
  active[0] = true;
  for (const std::string_view name : path) {
    pass_over_empty(active);
    std::vector<bool> next(segments_.size() + 1);
    for (size_t i = 0; i < segments_.size(); ++i) {
      if (!active[i]) continue;
      if (segments_[i] == kAnyFolders) {
        if (!name.starts_with('.')) next[i] = true;
      } else if (matches_segment(segments_[i], name)) {
        next[i + 1] = true;
      }
    }
    active = std::move(next);
  }
  return active[segments_.size()];
}

void SegmentsPattern::pass_over_empty(std::vector<bool>& active) const {
  for (size_t i = 0; i < segments_.size(); ++i) {
    if (active[i] && segments_[i] == kAnyFolders) active[i + 1] = true;
  }
}

PathPattern parse_pattern(std::string_view text) {
  PathPattern pattern;
  pattern.absolute = text.starts_with('/');
  pattern.only_folder = text.ends_with('/');
  pattern.wild = has_wildcard(text);
  auto& segments = pattern.segments;
  while (!text.empty()) {
    const std::string_view segment = text.substr(0, text.find('/'));
    text.remove_prefix(std::min(segment.size() + 1, text.size()));
    if (segment.empty() || segment == ".") continue;
    const bool up = segment == "..";
    if (up && !segments.empty() && segments.back() != "..") {
      segments.pop_back();
    } else if (!up || !pattern.absolute) {
      segments.emplace_back(segment);
    }
  }
  return pattern;
}

std::string to_path(const PathPattern& pattern) {
  std::string path;
  for (const std::string& segment : pattern.segments) {
    if (!path.empty() || pattern.absolute) path += '/';
    path += segment;
  }
  return path.empty() && pattern.absolute ? "/" : path;
}

}  // namespace ingot
