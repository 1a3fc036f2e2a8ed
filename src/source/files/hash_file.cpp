#include <array>

#include "source/files/stored_file.h"
#include "source/source.h"

namespace ingot {

Result<std::string> hash_file(const std::string& path) {
  std::array<char, 64 << 10> piece;  // on the stack: thousands of small files need no allocation
  INGOT_ASSIGN(StoredFile file, StoredFile::open(path, Stamp{}));
  while (!file.at_end()) INGOT_TRY(file.read(piece.data(), piece.size()));
  return file.hash();
}

}  // namespace ingot
