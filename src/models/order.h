#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <vector>

#include "core/error.h"
#include "spec/model.h"

namespace ingot {

/// Returns the models' indexes in an order in which each comes after those that its query reads and those that it names
/// in `after`; else as declared. What a query reads DuckDB's parser says; of a query in a dialect that it does not know
/// every name counts. Error invalid_pipeline: they go round in a circle.
Result<std::vector<size_t>> build_order(const std::vector<ModelSpec>& models, duckdb::Connection& connection);

/// Returns for each model the indexes of those that must come before it, as above.
std::vector<std::vector<size_t>> dependencies_of(const std::vector<ModelSpec>& models, duckdb::Connection& connection);

/// Returns the folded names that a query in any dialect of SQL is made of: all that is neither a constant nor a
/// comment.
std::vector<std::string> names_in_sql(std::string_view sql);

}  // namespace ingot
