#include "source/files/decompression_pool.h"

#include <algorithm>

namespace ingot {

namespace {

// As many as there are likely to be readers at a time; 16 × (85 KB + input) is next to nothing.
constexpr size_t kMaxIdle = 16;
constexpr size_t kMaxIdleBytes = 1 << 20;

}  // namespace

Decompression DecompressionPool::take(Compression kind) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(idle_, kind, &Decompression::kind);
    if (found != idle_.end()) {
      Decompression taken = std::move(*found);
      idle_.erase(found);
      taken.engine->reset();
      return taken;
    }
  }
  return {kind, make_decompressor(kind), std::make_unique_for_overwrite<char[]>(kInputBytes)};
}

void DecompressionPool::give(Decompression decompression) {
  if (decompression.engine->memory_bytes() > kMaxIdleBytes) return;
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMaxIdle) idle_.push_back(std::move(decompression));
}

}  // namespace ingot
