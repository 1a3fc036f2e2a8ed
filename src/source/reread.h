#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "source/source.h"

namespace ingot {

/// A range of a unit's decompressed bytes.
struct ByteRange {
  uint64_t offset = 0;
  uint64_t length = 0;
};

/// Returns the bytes of `ranges` (sorted by offset; they may overlap), each cut to its first `max_bytes_each`: the raw
/// text of rejects. One seek and read a range in plain files, one decompressing pass up to the last range in
/// compressed ones. The unit must still be what its stamp says, before and after. Errors: source_changed (that, or a
/// range beyond the end), source_unreadable, resource.
Result<std::vector<std::string>> reread(Source& source, const Unit& unit, std::span<const ByteRange> ranges,
                                        size_t max_bytes_each);

/// Finds, among `listed`, the unit of this name that still is what it was: by its stamp, else by its content. Error
/// source_changed: it is gone, or something else.
Result<Unit> find_unchanged(Source& source, const std::vector<Unit>& listed, const std::string& name,
                            const Stamp& stamp, const std::string& hash);

/// Returns XXH3-128 of a unit's stored bytes. Errors: as Source::open() and ByteReader::read().
Result<std::string> hash_unit(Source& source, const Unit& unit);

}  // namespace ingot
