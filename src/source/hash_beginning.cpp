#include <algorithm>
#include <vector>

#include "source/content_hasher.h"
#include "source/source.h"

namespace ingot {

namespace {

constexpr size_t kPieceBytes = 256 << 10;

}  // namespace

Result<std::optional<std::string>> hash_beginning(Source& source, const Unit& unit, uint64_t bytes) {
  if (unit.stamp.size < bytes) return std::optional<std::string>();
  INGOT_ASSIGN(const auto reader, source.open(unit));
  INGOT_ASSIGN(const bool plain, reader->plain());
  if (!plain) return std::optional<std::string>();
  std::vector<char> piece(kPieceBytes);
  ContentHasher hasher;
  while (bytes > 0) {
    INGOT_ASSIGN(const size_t got, reader->read(piece.data(), std::min<uint64_t>(piece.size(), bytes)));
    if (got == 0) return std::optional<std::string>();
    hasher.add(piece.data(), got);
    bytes -= got;
  }
  return std::optional<std::string>(hasher.text());
}

}  // namespace ingot
