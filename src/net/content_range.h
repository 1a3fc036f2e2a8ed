#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ingot {

/// `Content-Range: bytes FIRST-LAST/TOTAL`.
struct ContentRange {
  uint64_t first = 0;
  uint64_t last = 0;
  std::optional<uint64_t> total;

  uint64_t size() const { return last - first + 1; }
};

/// Reads one; nothing where it is none, or says what cannot be.
std::optional<ContentRange> parse_content_range(std::string_view text);

}  // namespace ingot
