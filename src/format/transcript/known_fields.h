#pragma once

#include <string_view>
#include <vector>

#include "core/error.h"
#include "format/format.h"

namespace ingot::transcript {

/// Looks for the slots among the fields that a transcript's first line names: an object, each field with null, or with
/// an object of what is in it, or, where none can take it, an array of why (`is of …`) and the cure. Errors:
/// source_unreadable, a field is missing or cannot be taken; internal, it is no such line.
Status check_fields(std::string_view line, const std::vector<Slot>& slots);

}  // namespace ingot::transcript
