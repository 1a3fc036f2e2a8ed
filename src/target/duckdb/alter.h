#pragma once

// Includes DuckDB.

#include <string>
#include <vector>

#include "spec/pipeline.h"
#include "target/duckdb/table_info.h"

namespace ingot {

/// Returns the statements that make an existing table fit the contract, as far as it says that this may be done
/// (`was`, `to.alter`), and changes `table` into what it is after them. Errors (target_refused): both a column and the
/// one that it was are there, an index that DuckDB does not let go of, …
Result<std::vector<std::string>> alter_table(DuckDbTable& table, const TableSpec& spec);

/// Is `column_type` a DuckDB ENUM that has all values of an enum of the contract?
bool holds_enum(const std::string& column_type, const ColumnSpec& column);

}  // namespace ingot
