#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace ingot {

/// Lets batches that are loaded at the same time commit one after the other, by their numbers. Thread-safe.
class Turnstile {
 public:
  /// `first` is the next one whose turn it is.
  void open(uint64_t first) {
    std::lock_guard lock(mutex_);
    next_ = first;
    closed_from_ = UINT64_MAX;
  }

  bool is_turn_of(uint64_t number) const {
    std::lock_guard lock(mutex_);
    return number == next_ && number < closed_from_;
  }

  /// Waits until all before `number` have passed. False: that will not be.
  bool wait_for_turn_of(uint64_t number) {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [&] { return number == next_ || number >= closed_from_; });
    return number < closed_from_;
  }

  /// The one whose turn it is has passed.
  void pass() {
    std::lock_guard lock(mutex_);
    ++next_;
    moved_.notify_all();
  }

  /// Neither `number` nor those behind it come through any more; those before it do.
  void close(uint64_t number) {
    std::lock_guard lock(mutex_);
    closed_from_ = std::min(closed_from_, number);
    moved_.notify_all();
  }

  bool closed() const {
    std::lock_guard lock(mutex_);
    return closed_from_ != UINT64_MAX;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable moved_;
  uint64_t next_ = 0;
  uint64_t closed_from_ = UINT64_MAX;
};

}  // namespace ingot
