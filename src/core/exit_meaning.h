#pragma once

#include <string_view>

#include "core/error.h"

namespace ingot {

/// Says in one line when the program ends with this code; the table in docs/reference/exit-codes.md says the same.
std::string_view exit_meaning(Code code);

}  // namespace ingot
