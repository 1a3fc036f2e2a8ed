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
  const std::vector<std::string_view> written = segments_of(pattern);
  std::vector<std::string> wanted(written.begin(), written.end());
  if (wanted.empty() || pattern.ends_with('/')) wanted.emplace_back("**");
  return SegmentsPattern(std::move(wanted)).matches(segments_of(name));
}

}  // namespace ingot
