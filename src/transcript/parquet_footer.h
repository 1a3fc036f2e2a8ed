#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ingot {

/// Returns a Parquet file's metadata (the footer without length and magic, Thrift's compact protocol) in which columns
/// of INT96 are FIXED_LEN_BYTE_ARRAY(12), whose values stand in the pages just so; their statistics and filters are
/// left out. Nothing where the metadata are damaged. Source: parquet.thrift; Thrift's "Compact protocol encoding".
std::optional<std::string> with_int96_as_bytes(std::string_view metadata);

}  // namespace ingot
