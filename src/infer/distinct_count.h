#pragma once

#include <cstdint>
#include <vector>

namespace ingot::infer {

/// Estimates how many different values there were, from their hashes, in 2 KiB; the standard error is 2.3 %, and few
/// values are counted nearly exactly. HyperLogLog: Flajolet et al., 2007, with its linear counting.
class DistinctCount {
 public:
  void add(uint64_t hash);
  void merge(const DistinctCount& other);
  uint64_t estimate() const;

 private:
  std::vector<uint8_t> registers_;  ///< none as long as nothing was added
};

}  // namespace ingot::infer
