#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "source/source.h"

namespace ingot::fuzz {

/// Gives bytes in pieces.
class Pieces final : public ByteReader {
 public:
  Pieces(std::string_view bytes, size_t piece) : bytes_(bytes), piece_(piece) {}
  Result<size_t> read(char* out, size_t capacity) override {
    const size_t count = std::min({capacity, piece_, bytes_.size()});
    bytes_.copy(out, count);
    bytes_.remove_prefix(count);
    return count;
  }
  Result<bool> plain() override { return true; }
  Status check_unchanged() const override { return {}; }
  uint64_t stored_bytes() const override { return 0; }
  std::string content_hash() const override { return {}; }

 private:
  std::string_view bytes_;
  const size_t piece_;
};

}  // namespace ingot::fuzz
