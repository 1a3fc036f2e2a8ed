#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <string>

#include "core/pace.h"

namespace ingot {

/// Makes known to a database what paced_sql() needs. Not within a transaction.
void register_paced_function(duckdb::Connection& connection);

/// A SELECT of the same rows, in the same order, that lets them pass no faster than `pace` does. The pace outlives the
/// query.
std::string paced_sql(const std::string& select, Pace& pace);

}  // namespace ingot
