#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ingot {

/// Parses a number of bytes as people write it: `4096`, `64MiB`, `1.5 GB` without the space; K, M and G are powers of
/// 1000, Ki, Mi and Gi of 1024, in any case. Nothing where it is none, or more than 2^53.
std::optional<uint64_t> parse_byte_count(std::string_view text);

/// Writes it in the largest of GiB, MiB, KiB and B that divides it.
std::string byte_count_text(uint64_t bytes);

}  // namespace ingot
