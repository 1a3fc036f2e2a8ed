#pragma once

#include <atomic>
#include <optional>

#include "engine/pass.h"

namespace ingot {

/// The part of `unit` behind the one that `read` is of.
BatchUnit next_part(const BatchUnit& unit, const Feed::UnitRead& read);

/// Finds the part behind the one that begins at the unit's start, by cutting that into blocks and decoding nothing.
/// Nothing: it is the last. Errors: as those of a feed.
Result<std::optional<BatchUnit>> find_next_part(const DecodePlan& plan, const BatchUnit& unit,
                                                const std::atomic<bool>& cancelled);

}  // namespace ingot
