#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ingot {

/// Returns whether `text` has a wildcard: `*`, `?` or `[`.
bool has_wildcard(std::string_view text);

/// Returns whether the name of one file or folder matches one segment of a pattern. `?` and `[…]` stand for one UTF-8
/// character; ranges go by code point; an unclosed `[` stands for itself; nothing escapes (write `[*]`). A leading dot
/// is matched by a dot only.
bool matches_segment(std::string_view segment, std::string_view name);

/// A pattern for paths that are taken apart at their slashes: each segment as matches_segment() has it, `**` for any
/// number of folders, at the end for all files below. No wildcard matches what begins with a dot.
class SegmentsPattern {
 public:
  explicit SegmentsPattern(std::vector<std::string> segments);

  /// Takes time in proportion to both lengths, however many `**` there are.
  bool matches(std::span<const std::string_view> path) const;

 private:
  void pass_over_empty(std::vector<bool>& active) const;

  std::vector<std::string> segments_;
};

/// A path or pattern as written, taken apart.
struct PathPattern {
  bool absolute = false;
  bool only_folder = false;  ///< ends with a slash
  bool wild = false;
  std::vector<std::string> segments;  ///< without empty ones and `.`; `folder/..` taken out, leading `..` kept
};

/// Takes `text` apart.
PathPattern parse_pattern(std::string_view text);

/// Joins the segments again.
std::string to_path(const PathPattern& pattern);

}  // namespace ingot
