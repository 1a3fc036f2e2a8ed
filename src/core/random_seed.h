#pragma once

#include <cstdint>
#include <random>

namespace ingot {

/// Returns a seed that nobody outside the process can know: for hashes that no input is to make collide.
inline uint64_t random_seed() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

}  // namespace ingot
