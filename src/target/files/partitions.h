#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "spec/pipeline.h"
#include "target/target.h"

namespace ingot {

/// The rows of a stage that have the same values in `partition_by`.
struct Partition {
  std::string folder;     ///< `country=DE/day=2024-01-31`, as Hive names them
  std::string condition;  ///< over the stage's rows
  uint64_t rows = 0;
};

/// Returns `NAME=VALUE`; NULL is `__HIVE_DEFAULT_PARTITION__`. What would mean something else in a path stands as %XX,
/// and so does the first byte of a value that is spelled like NULL.
std::string partition_folder(const std::string& name, const std::optional<std::string>& value);

/// The partitions of the stage, in order of their values. Rows of those that can have no folder are taken out of the
/// stage and added to `refused`.
Result<std::vector<Partition>> stage_partitions(duckdb::Connection& connection, const TableSpec& spec,
                                                const std::string& stage, std::vector<RefusedRow>& refused);

}  // namespace ingot
