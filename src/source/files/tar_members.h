#pragma once

#include <vector>

#include "source/files/archive_member.h"
#include "source/source.h"

namespace ingot {

/// Reads the headers of a tar archive (POSIX ustar and pax, GNU, and what was before them) to its end. `begin` of a
/// member is where its content stands in the decompressed archive. Folders and labels are left out. An archive without
/// the zero block at its end is truncated; what stands behind it and is not zero (another archive, mostly) is refused
/// rather than lost. Errors: source_unreadable, without the archive's name; those of `archive`.
Result<std::vector<ArchiveMember>> read_tar_members(ByteReader& archive);

}  // namespace ingot
