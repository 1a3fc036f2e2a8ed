#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <vector>

#include "core/error.h"
#include "spec/pipeline.h"

namespace ingot {

/// Finds what can be known to be wrong with a pipeline's models without a target: for DuckDB, queries that do not parse
/// or are no queries; models that depend on one another.
std::vector<Error> check_models(const Pipeline& pipeline, duckdb::Connection& connection);

}  // namespace ingot
