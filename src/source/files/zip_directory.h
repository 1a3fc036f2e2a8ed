#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "source/files/archive_member.h"

namespace ingot {

/// Reads `size` bytes at a place of an archive; all of them, or an error.
using ReadAt = std::function<Status(char* out, size_t size, uint64_t offset)>;

/// Reads the central directory of a zip archive (APPNOTE 6.3.10) of `size` bytes: what is there is what it says, and
/// nothing else. Folders are left out. Zip64 is read. Refused is what several readers would read in several ways: bytes
/// before the archive or behind it, members that overlap, a directory that is not where and as long as it is said to
/// be; and archives in several volumes. Errors: source_unreadable, without the archive's name; those of `read`.
Result<std::vector<ArchiveMember>> read_zip_directory(const ReadAt& read, uint64_t size);

/// Finds the bytes of a member behind its local header, which must say what the directory says. Errors: as above.
Result<uint64_t> find_zip_content(const ReadAt& read, const ArchiveMember& member);

}  // namespace ingot
