#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ingot::postgres {

/// A set of rows. Each is kept as a 128-bit hash of its fields as binary COPY writes them, under a seed that is new for
/// every set, so that no input can be made to collide; by chance two of 10^9 different rows do with probability 10^-21.
/// Rows with equal fields hold equal values; rows with equal values mostly, not always, have equal fields.
/// Filled by one thread, then read by any number.
class RowHashes {
 public:
  /// `expected` rows; more are no error, but cost time. Beyond `max_bytes` rows are not kept.
  RowHashes(size_t expected, uint64_t max_bytes);

  void add(std::string_view fields);
  bool contains(std::string_view fields) const;
  size_t size() const { return size_; }

  /// Memory that so many rows take at most, in bytes.
  static uint64_t bytes_of(uint64_t rows);

 private:
  struct Hash {
    uint64_t low = 0;
    uint64_t high = 0;
    bool empty() const { return low == 0 && high == 0; }
    bool operator==(const Hash&) const = default;
  };
  Hash hash_of(std::string_view fields) const;
  const Hash& place_of(const Hash& hash) const;
  void insert(const Hash& hash);

  const uint64_t seed_;
  const uint64_t max_bytes_;
  std::vector<Hash> places_;  ///< open addressing; a power of two, at most half full
  size_t size_ = 0;
};

}  // namespace ingot::postgres
