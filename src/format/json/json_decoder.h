#pragma once

// Includes DuckDB.

#include <memory>
#include <vector>

#include "format/decoder.h"

namespace ingot::json {

std::unique_ptr<Decoder> make_decoder(const std::vector<Slot>& slots, const JsonOptions& options);

}  // namespace ingot::json
