#pragma once

#include <memory>
#include <vector>

#include "engine/feed.h"
#include "format/format.h"
#include "source/source.h"
#include "spec/pipeline.h"
#include "transform/compose.h"

namespace ingot {

/// The name of standard input, among units and in `from`.
inline constexpr const char* kStdin = "-";

/// Does any table of the pipeline have a key, so that units must commit in order?
bool keyed(const Pipeline& pipeline);

/// A listed unit as what is to be read: all of it.
BatchUnit to_be_read(uint32_t number, const Unit& unit);

/// What the pipeline reads, for people: `a, b`, without secrets.
std::string patterns_text(const Pipeline::From& from);

/// Makes the format that decodes the composition's slots.
std::unique_ptr<Format> make_format(const Pipeline& pipeline, const Composition& composition);

/// Cuts the units of a plan into those that commit together, in order.
std::vector<std::vector<BatchUnit>> cut_batches(const Pipeline& pipeline, const std::vector<BatchUnit>& units);

/// Does the same with units of rejects that are loaded again. With a key each stands alone, whatever `commit` says: the
/// rows that one wrote are then seen by the next.
std::vector<std::vector<BatchUnit>> cut_replay(const Pipeline& pipeline, const std::vector<BatchUnit>& units);

}  // namespace ingot
