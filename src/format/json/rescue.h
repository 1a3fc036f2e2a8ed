#pragma once

#include <string>
#include <vector>

#include "format/json/record_walker.h"

namespace ingot::json {

/// Writes the fields of a record that no slot takes as one JSON object, in which they lie as in the record: {"size":
/// 3, "address": {"zip": "8000"}}; in an array's element, under its index. Fault duplicate_key: one occurs twice.
Verdict write_rescued(const FieldTree& tree, const std::vector<UndeclaredField>& fields, std::string& out);

}  // namespace ingot::json
