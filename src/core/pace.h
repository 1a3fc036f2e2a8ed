#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>

namespace ingot {

/// Lets rows go at no more than so many a second, to whatever connections. Over any time of a second or more a tenth
/// more pass at most: what was not used is not saved up. Thread-safe; who has to wait keeps the others waiting.
class Pace {
 public:
  /// `cancelled` is polled; it outlives the pace.
  Pace(uint64_t rows_per_second, const std::atomic<bool>& cancelled)
      : rows_per_second_(rows_per_second), cancelled_(cancelled) {}

  /// So many rows may go in one piece, at least 1: the longest stretch of time that one is worth is short.
  uint64_t piece() const;

  /// Waits until the rows that went before are paid for, then calls `send`, which sends up to a piece and returns how
  /// many rows it sent. False: cancelled, and nothing was sent.
  bool pass(const std::function<uint64_t()>& send);

 private:
  using Clock = std::chrono::steady_clock;

  const uint64_t rows_per_second_;
  const std::atomic<bool>& cancelled_;
  std::mutex mutex_;
  Clock::time_point due_ = Clock::now();
};

}  // namespace ingot
