#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "source/files/decompressor.h"

namespace ingot {

/// Bytes of stored input a decompression holds.
inline constexpr size_t kInputBytes = 128 << 10;

/// A decompressor with its input buffer of kInputBytes.
struct Decompression {
  Compression kind = Compression::none;
  std::unique_ptr<Decompressor> engine;
  std::unique_ptr<char[]> input;
};

/// Keeps a few decompressions for the next files: thousands of small ones would otherwise spend their time on
/// allocating. Thread-safe.
class DecompressionPool {
 public:
  /// Returns one that is reset.
  Decompression take(Compression kind);

  /// Gives one back. Those that have grown large (a zstd window) are freed.
  void give(Decompression decompression);

 private:
  std::mutex mutex_;
  std::vector<Decompression> idle_;
};

}  // namespace ingot
