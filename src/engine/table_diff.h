#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine_database.h"
#include "engine/feed.h"
#include "spec/pipeline.h"

namespace ingot {

/// A row of which the files say something else than the table.
struct RowDifference {
  struct Change {
    std::string column;
    std::optional<std::string> before;
    std::optional<std::string> after;
  };
  std::vector<std::optional<std::string>> key;
  std::vector<Change> changes;  ///< none: the table has no such row
};

/// What some files would make of a table.
struct TableDiff {
  std::string table;
  bool exists = false;
  size_t units = 0;
  uint64_t read = 0;
  uint64_t filtered = 0;
  uint64_t rejected = 0;
  uint64_t duplicate = 0;  ///< records whose key another record of these files has and keeps
  uint64_t inserted = 0;
  uint64_t updated = 0;  ///< with insert_new: rows that stay as they are, and differ
  uint64_t unchanged = 0;
  uint64_t elsewhere = 0;  ///< rows of the table whose key is in none of these files
  std::vector<RowDifference> new_rows;
  std::vector<RowDifference> changed_rows;
};

struct DiffOptions {
  Resources resources;
  size_t examples = 5;
};

/// Compares files with a table by key: stages both in the embedded engine, and writes nothing to the target. All files
/// are taken as one sequence. `pipeline` has its columns. Errors: invalid_pipeline where there is no key or the mode is
/// another than upsert or insert_new, and those of reading and of the target.
Result<TableDiff> diff_table(const Pipeline& pipeline, const std::vector<BatchUnit>& units, const DiffOptions& options,
                             const std::atomic<bool>& cancelled);

}  // namespace ingot
