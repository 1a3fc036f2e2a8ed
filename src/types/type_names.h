#pragma once

#include <string_view>
#include <vector>

namespace ingot {

/// Returns every name of a type that parse_type takes, without its arguments.
std::vector<std::string_view> type_names();

}  // namespace ingot
