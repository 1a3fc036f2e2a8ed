#pragma once

#include <string_view>

#include "source/source.h"

namespace ingot {

/// Refuses a file that has become more than `expansion` allows: source_unreadable. `stored` bytes have been read so
/// far, and `made` of them.
Status check_expansion(const Expansion& expansion, uint64_t stored, uint64_t made, std::string_view path);

}  // namespace ingot
