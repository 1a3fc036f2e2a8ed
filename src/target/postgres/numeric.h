#pragma once

#include <cstddef>
#include <cstdint>

namespace ingot::postgres {

__extension__ using int128 = __int128;

/// The longest binary numeric of 38 digits: a head of 8 bytes and, where the point parts a group, 11 groups.
inline constexpr size_t kMaxNumericBytes = 8 + 2 * 11;

/// Writes value × 10^-scale in the server's binary form (numeric_recv) and returns its length. scale is 0 to 38.
size_t encode_numeric(int128 value, uint8_t scale, char* out);

}  // namespace ingot::postgres
