#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <memory>
#include <vector>

#include "format/decoder.h"
#include "format/format.h"

namespace ingot {

/// Counts the records of blocks by decoding them: what is a record, only the decoder knows. One thread.
class RecordCounter {
 public:
  /// `slots`: those of the format, which outlives this.
  RecordCounter(const Format& format, const std::vector<Slot>& slots);

  /// Returns how many records the block has, or `at_most`.
  uint64_t count(std::shared_ptr<const Block> block, uint64_t at_most);

 private:
  std::unique_ptr<Decoder> decoder_;
  duckdb::DataChunk chunk_;
};

}  // namespace ingot
