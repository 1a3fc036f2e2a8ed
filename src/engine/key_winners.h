#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/error.h"
#include "spec/pipeline.h"

namespace ingot {

/// Finds which record keeps each repeated key (CORRECTNESS 9): the one with the greatest (or least) address. Holds 24
/// bytes a record, partitioned by hash; partitions are spilled to unlinked files in `temp_dir` beyond `max_bytes`.
/// Keys are told apart by a 128-bit hash under a seed that is new in every run, so that no input can be made to
/// collide; by chance two of 10^9 different keys collide with probability 10^-21.
class KeyWinners {
 public:
  struct Entry {
    uint64_t high;
    uint64_t low;
    uint64_t record;  ///< __rec
  };

  KeyWinners(Keep keep, std::string temp_dir, size_t max_bytes);
  ~KeyWinners();
  KeyWinners(const KeyWinners&) = delete;
  KeyWinners& operator=(const KeyWinners&) = delete;

  uint64_t seed() const { return seed_; }

  /// Adds the entries of some records and empties the vector. Thread-safe. Errors: resource (disk full).
  Status add(std::vector<Entry>& entries);

  /// Decides. Called once, after the last add.
  Status decide();

  /// After decide(): did this record lose its key to another?
  bool lost(uint64_t record) const {
    const uint64_t block = record >> 32;
    if (block >= losers_.size()) return false;
    const auto& bits = losers_[block];
    const uint32_t ordinal = static_cast<uint32_t>(record);
    return (ordinal >> 6) < bits.size() && (bits[ordinal >> 6] >> (ordinal & 63) & 1);
  }
  bool any_lost() const { return !losers_.empty(); }

 private:
  static constexpr size_t kPartitions = 64;
  struct Partition {
    std::vector<Entry> entries;
    int file = -1;
    uint64_t spilled = 0;  ///< entries in the file
  };

  Status spill(Partition& partition);
  Status decide_partition(Partition& partition);
  Status read_slice(const Partition& partition, uint64_t slice, uint64_t slices, std::vector<Entry>& entries) const;
  void decide_slice(const std::vector<Entry>& entries);
  void mark(uint64_t record);

  const Keep keep_;
  const std::string temp_dir_;
  const size_t capacity_;  ///< entries of a partition in memory; beyond, all of them are spilled
  const size_t slice_;     ///< entries that are decided at once; a partition with more is decided in slices of its keys
  const uint64_t seed_;
  std::mutex mutex_;
  std::array<Partition, kPartitions> partitions_;
  std::vector<std::vector<uint64_t>> losers_;  ///< by block number, one bit a record
};

}  // namespace ingot
