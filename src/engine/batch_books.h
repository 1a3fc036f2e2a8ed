#pragma once

#include <string>
#include <vector>

#include "engine/batch.h"

namespace ingot {

/// The books of one batch.
struct BatchBooks {
  std::vector<UnitEntry> units;  ///< in the order of the batch's units
  std::vector<Books> tables;     ///< of all units together, by table

  uint64_t tombstones = 0;  ///< see UnitEntry
  uint64_t cleared = 0;

  /// Tells with the first unit what was to go, and takes the units out for which reading failed (none of their
  /// records were placed).
  void leave_out(const std::vector<Feed::UnitRead>& reads);
};

/// Closes the books of a batch: what was read and turned away by the engine, with what the target did with the rest.
/// Error books_broken: a unit's counts do not reconcile.
Result<BatchBooks> close_books(const BatchContext& context, const Batch& batch, const std::vector<LoadResult>& results);

}  // namespace ingot
