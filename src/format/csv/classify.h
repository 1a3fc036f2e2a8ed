#pragma once

#include <cstddef>
#include <cstdint>

#include "format/csv/dialect.h"

namespace ingot::csv {

/// What 64 bytes hold; bit i is byte i.
struct Masks {
  uint64_t quote;
  uint64_t separator;  ///< delimiter or newline, wherever
  uint64_t newline;
  uint64_t parity;  ///< bit i: is the number of quotes among bytes 0 … i odd?
};

/// Fills `out` for `blocks` runs of 64 bytes.
using Classify = void (*)(const char* bytes, size_t blocks, const Dialect& dialect, Masks* out);

void classify_plain(const char* bytes, size_t blocks, const Dialect& dialect, Masks* out);
#if defined(__x86_64__)
void classify_sse2(const char* bytes, size_t blocks, const Dialect& dialect, Masks* out);
/// Precondition: avx2_usable().
void classify_avx2(const char* bytes, size_t blocks, const Dialect& dialect, Masks* out);
#endif

bool avx2_usable();

/// Returns the fastest that this machine can run.
Classify best_classify();

}  // namespace ingot::csv
