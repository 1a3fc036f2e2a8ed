#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "fuzz.h"
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

/// What a reader has told, as far as it is of use.
struct Told {
  static constexpr size_t kMost = 4 << 20;

  std::string text;
  bool whole = false;  // to its end
};

inline Told told_by(ByteReader& reader, size_t piece) {
  Told out;
  std::string buffer(piece, '\0');
  while (out.text.size() < Told::kMost) {
    const auto got = reader.read(buffer.data(), piece);
    if (!got) require(!got.error().message.empty(), "an error says what");
    out.whole = got && *got == 0;
    if (!got || out.whole) return out;
    out.text.append(buffer, 0, *got);
  }
  return out;
}

}  // namespace ingot::fuzz
