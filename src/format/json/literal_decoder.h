#pragma once

// Includes DuckDB.

#include <memory>
#include <vector>

#include "format/decoder.h"

namespace ingot::json {

/// Decodes lines that are Python literals: they are written as JSON, some at a time, which the JSON decoder reads.
/// Addresses, places and offending texts are those of the literals.
std::unique_ptr<Decoder> make_literal_decoder(const std::vector<Slot>& slots, const JsonOptions& options);

}  // namespace ingot::json
