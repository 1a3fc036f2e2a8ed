#pragma once

#include <chrono>
#include <cstdint>

namespace ingot {

/// This machine's clock, in microseconds since 1970 UTC.
inline int64_t now_micros() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

/// Seconds that have gone by since `start`.
inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace ingot
