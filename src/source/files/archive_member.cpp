#include "source/files/archive_member.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <vector>

#include "core/names.h"
#include "source/files/glob.h"

namespace ingot {

namespace {

constexpr std::string_view kInArchive = "!/";

constexpr std::array<std::string_view, 13> kArchiveEndings = {".zip",  ".tar",     ".tar.gz", ".tgz", ".tar.zst",
                                                              ".tzst", ".tar.bz2", ".tbz2",   ".tbz", ".tar.xz",
                                                              ".txz",  ".tar.lz4", ".tlz4"};

std::string printable(std::string_view written) {
  if (simdjson::validate_utf8(written.data(), written.size())) return std::string(written);
  std::string out;
  for (const char c : written) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x80 ? std::string(1, c) : fmt::format("%{:02x}", byte);
  }
  return out;
}

std::vector<std::string_view> segments_of(std::string_view text) {
  std::vector<std::string_view> segments;
  while (!text.empty()) {
    const std::string_view segment = text.substr(0, text.find('/'));
    text.remove_prefix(std::min(segment.size() + 1, text.size()));
    if (!segment.empty() && segment != ".") segments.push_back(segment);
  }
  return segments;
}

// Which segments of the pattern may match next is kept, not tried one after the other: `**` many times costs nothing.
std::vector<bool> with_empty_member_stars(std::vector<bool> active, const std::vector<std::string_view>& pattern) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (active[i] && pattern[i] == "**") active[i + 1] = true;
  }
  return active;
}

}  // namespace

std::string member_name(std::string_view written) {
  std::string name;
  for (const std::string_view segment : segments_of(written)) {
    if (!name.empty()) name += '/';
    name += segment;
  }
  return printable(name);
}

std::string name_in_archive(std::string_view archive, std::string_view member) {
  return fmt::format("{}{}{}", archive, kInArchive, member);
}

ArchivePath parse_archive_path(std::string_view text) {
  const size_t at = text.find(kInArchive);
  if (at == std::string_view::npos) return {std::string(text), std::nullopt};
  return {std::string(text.substr(0, at)), std::string(text.substr(at + kInArchive.size()))};
}

bool is_archive_name(std::string_view name) {
  const std::string folded = folded_name(std::string(name));
  for (const std::string_view ending : kArchiveEndings) {
    if (folded.ends_with(ending) && folded.size() > ending.size()) return true;
  }
  return false;
}

bool matches_member(std::string_view pattern, std::string_view name) {
  std::vector<std::string_view> wanted = segments_of(pattern);
  if (wanted.empty() || pattern.ends_with('/')) wanted.push_back("**");
  // `**` at the end stands for all files below.
  if (wanted.back() == "**") wanted.push_back("*");
  std::vector<bool> active(wanted.size() + 1);
  active[0] = true;
  for (const std::string_view segment : segments_of(name)) {
    active = with_empty_member_stars(std::move(active), wanted);
    std::vector<bool> next(wanted.size() + 1);
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (!active[i]) continue;
      if (wanted[i] == "**") {
        if (!segment.starts_with('.')) next[i] = true;
      } else if (matches_segment(wanted[i], segment)) {
        next[i + 1] = true;
      }
    }
    active = std::move(next);
  }
  return active[wanted.size()];
}

}  // namespace ingot
