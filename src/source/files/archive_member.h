#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.h"

namespace ingot {

/// How the bytes of a zip archive's member are stored: the numbers of its format.
enum class ZipMethod : uint16_t { stored = 0, deflate = 8, bzip2 = 12, zstd = 93, xz = 95 };

/// What an archive says of one of its members.
struct ArchiveMember {
  enum class Kind : uint8_t { file, symlink, hard_link, other };

  std::string name;  ///< as written, lexically normalised; UTF-8, other bytes as `%82`
  Kind kind = Kind::file;
  uint64_t size = 0;    ///< of its content
  uint64_t begin = 0;   ///< zip: of its local header; tar: of its content, in the decompressed archive
  uint64_t stored = 0;  ///< bytes that hold the content
  uint64_t end = 0;     ///< zip: where the next one, or the directory, begins
  std::string written;  ///< zip: the name as the local header must have it
  uint16_t method = 0;  ///< zip
  uint32_t crc = 0;     ///< zip
  bool encrypted = false;
  bool sparse = false;  ///< tar: with holes that are not stored
};

/// Makes a member's name fit for a ledger and a pattern: without `.` and empty segments; what is not UTF-8 as `%82`.
/// Empty where nothing is left.
std::string member_name(std::string_view written);

/// Returns the name of an archive's member for people and ledgers: `ARCHIVE!/MEMBER`.
std::string name_in_archive(std::string_view archive, std::string_view member);

/// Takes `ARCHIVE!/MEMBER` apart. There is no member where there is no `!/`.
struct ArchivePath {
  std::string archive;
  std::optional<std::string> member;
};
ArchivePath parse_archive_path(std::string_view text);

/// Does a file's name say that it is an archive: `.zip`, `.tar`, `.tgz`, `.tar.zst`, …?
bool is_archive_name(std::string_view name);

/// Returns whether a member's name matches a pattern of `*`, `?`, `[…]` within a segment and `**` for any number of
/// folders.
bool matches_member(std::string_view pattern, std::string_view name);

}  // namespace ingot
