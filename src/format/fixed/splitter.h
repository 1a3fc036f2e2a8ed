#pragma once

#include <memory>

#include "format/format.h"

namespace ingot::fixed {

/// What of a block are records: without the lines that are skipped. All that is between is lines.
struct Index final : RecordIndex {
  size_t begin = 0;
  size_t end = 0;
  uint64_t skipped = 0;  ///< lines before `begin`
};

/// Cuts lines; the first `skip` and the last `skip_footer` of the unit are no records.
std::unique_ptr<Splitter> make_splitter(uint64_t skip, uint64_t skip_footer);

/// The same from a line on that is not the unit's first.
std::unique_ptr<Splitter> make_splitter_within(uint64_t skip_footer);

}  // namespace ingot::fixed
