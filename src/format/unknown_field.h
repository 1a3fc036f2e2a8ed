#pragma once

#include <string>

#include "core/error.h"

namespace ingot {

/// Says that a unit has a field that no column takes, where that is not wanted.
Error unknown_field(const std::string& field);

}  // namespace ingot
