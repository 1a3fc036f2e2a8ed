#pragma once

#include <string_view>

#include "format/json/record_walker.h"

namespace ingot::json {

/// Says what is wrong with a record that StructuralIndex::scan refused: bytes that are not UTF-8, else a NUL, else the
/// first control character within a string, or the quote that opens a string without end. Slow.
Verdict diagnose(std::string_view record);

}  // namespace ingot::json
