#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

namespace ingot::infer {

/// Tells which columns hold no value twice. Of a column's values it keeps 64-bit hashes until one is met again: two
/// different values of one hash would make a unique column seem not to be, never the other way round. Bounded: where
/// all that it keeps would be more than allowed, the last columns are given up. Thread-safe.
class UniqueValues {
 public:
  enum class Verdict : uint8_t { unique, repeated, given_up };

  explicit UniqueValues(size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Makes room for columns up to `count`; not while others add.
  void extend(size_t count);

  /// Is there anything left to find out about the column?
  bool wants(size_t column) const {
    return columns_[column].verdict.load(std::memory_order_relaxed) == Verdict::unique;
  }

  /// Adds hashes of a column's values.
  void add(size_t column, const std::vector<uint64_t>& hashes);

  Verdict verdict(size_t column) const { return columns_[column].verdict; }

 private:
  struct Column {
    std::mutex mutex;
    std::vector<uint64_t> slots;  ///< open addressing; 0 is free
    size_t used = 0;
    std::atomic<Verdict> verdict{Verdict::unique};
  };

  bool insert(Column& column, uint64_t hash);
  void grow(Column& column);
  void settle(Column& column, Verdict verdict);
  void give_up_last();

  const size_t max_bytes_;
  std::atomic<size_t> bytes_{0};
  std::deque<Column> columns_;
};

}  // namespace ingot::infer
