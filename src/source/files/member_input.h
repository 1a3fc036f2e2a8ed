#pragma once

#include <memory>
#include <string>

#include "source/files/archive_member.h"
#include "source/files/stored_file.h"
#include "source/files/stored_input.h"

namespace ingot {

/// Where a member's bytes lie.
struct MemberPlace {
  std::shared_ptr<const StoredFile> archive;  ///< must not change
  std::shared_ptr<const StoredFile> bytes;    ///< the same, or what the archive was decompressed to
  uint64_t begin = 0;
  std::string path;  ///< for messages
};

/// Makes the reader of a member's content: of a zip archive decompressed, and checked against the length and the CRC32
/// that its directory has. Errors: source_unreadable (a compression that is not read; a sparse member).
Result<std::unique_ptr<StoredInput>> make_member_input(MemberPlace place, const ArchiveMember& member, bool zip,
                                                       Expansion expansion);

}  // namespace ingot
