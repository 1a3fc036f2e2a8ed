#include <algorithm>
#include <memory>

#include "source/source.h"

namespace ingot {

Result<uint64_t> ByteReader::skip(uint64_t count) {
  constexpr size_t kPieceBytes = 256 << 10;
  const auto piece = std::make_unique_for_overwrite<char[]>(std::min<uint64_t>(kPieceBytes, count));
  uint64_t skipped = 0;
  while (skipped < count) {
    INGOT_ASSIGN(const size_t got, read(piece.get(), std::min<uint64_t>(kPieceBytes, count - skipped)));
    if (got == 0) break;
    skipped += got;
  }
  return skipped;
}

}  // namespace ingot
