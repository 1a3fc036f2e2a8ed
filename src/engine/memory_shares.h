#pragma once

#include <cstdint>

namespace ingot {

/// Shares of the memory limit: the limit divided by so much (see engine_database.cpp for DuckDB's own).
inline constexpr uint64_t kShareOfQueue = 32;
inline constexpr uint64_t kShareOfKeys = 8;
inline constexpr uint64_t kShareOfSort = 1;
inline constexpr uint64_t kShareOfRaw = 64;    ///< of one reject's bytes
inline constexpr uint64_t kShareOfRecord = 4;  ///< one record; twice that while its buffer grows

/// A reject takes about 200 bytes until it is written: a batch may hold so many that a quarter of the limit is taken.
inline constexpr uint64_t kBytesPerReject = 800;

}  // namespace ingot
