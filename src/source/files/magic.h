#pragma once

#include <span>
#include <string_view>

#include "core/error.h"
#include "source/files/decompressor.h"

namespace ingot {

/// How many first bytes recognise() wants to see.
inline constexpr size_t kMagicBytes = 16;

/// The last three bytes of a frame that zstd and lz4 skip; before them stands one of 0x50 to 0x5f.
inline constexpr std::string_view kSkippableTail = "\x2a\x4d\x18";

/// Tells the compression from a file's first bytes (all there are, if the file is shorter). The name counts only where
/// the file is too short to have a magic number: `x.gz` of 0 bytes is a truncated stream, not an empty file. Errors:
/// source_unreadable (that; or a compression that Ingot does not read).
Result<Compression> recognise(std::span<const char> first_bytes, std::string_view path);

/// Are these the first bytes of a zip archive?
bool begins_zip(std::span<const char> first_bytes);

/// Are these the first bytes of a tar archive that says so (POSIX, GNU)?
bool begins_tar(std::span<const char> first_bytes);

}  // namespace ingot
