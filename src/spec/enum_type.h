#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace ingot::spec {

/// Does a declared type begin like `enum(…)`?
bool is_enum(std::string_view text);

/// Returns the values of `enum(new, 'in transit', sold)`, in order. A value stands in quotes where it holds a comma, a
/// parenthesis, a quote (then doubled) or white space at its ends. Errors: invalid_pipeline. Precondition: is_enum().
Result<std::vector<std::string>> parse_enum(std::string_view text);

}  // namespace ingot::spec
