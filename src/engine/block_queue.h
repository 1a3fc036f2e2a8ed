#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "format/format.h"

namespace ingot {

/// Hands blocks from the fetching thread to the decoding workers under a byte budget. Thread-safe.
class BlockQueue {
 public:
  using BlockPtr = std::shared_ptr<const Block>;

  /// `max_bytes`: more than this waits in push(), except that one block always passes.
  explicit BlockQueue(size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Appends a block; waits while the queue is full. Returns false once the queue was cancelled.
  bool push(BlockPtr block);

  /// Says that no block follows.
  void finish();

  /// Wakes everybody; from now on push returns false and pop_run nothing.
  void cancel();

  /// Takes consecutive blocks, at least one and as many as lie within `min_bytes`; waits for them. Empty at the end.
  std::vector<BlockPtr> pop_run(size_t min_bytes);

 private:
  const size_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable filled_;
  std::deque<BlockPtr> blocks_;
  size_t bytes_ = 0;
  bool finished_ = false;
  bool cancelled_ = false;
};

}  // namespace ingot
