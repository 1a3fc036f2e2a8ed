#pragma once

#include <memory>
#include <vector>

#include "format/decoder.h"
#include "format/format.h"

namespace ingot::fixed {

/// Decodes lines of fixed width. `options` and `slots` outlive the decoder.
std::unique_ptr<Decoder> make_decoder(const FixedOptions& options, const std::vector<Slot>& slots);

}  // namespace ingot::fixed
