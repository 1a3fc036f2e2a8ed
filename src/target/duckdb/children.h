#pragma once

// Includes DuckDB.

#include <duckdb.hpp>

#include "target/duckdb/table_info.h"
#include "target/target.h"

namespace ingot {

/// What a child table does with its rows where it follows the parent's key. The stage holds the rows, and for each key
/// of the load one more, with __delete.

/// Puts the stage's rows in the place of those that the table holds of the same keys, where these differ; the others
/// are *unchanged*. Error target_refused: a constraint of the table.
Status replace_children(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec, bool ordered,
                        LoadResult& result);

/// Before the rows of a table that never updates are placed: returns what remembers which of their keys it holds.
/// `select` yields the contract's columns. Error target_refused: the table lacks one.
Result<std::string> remember_held_keys(const TableSpec& parent, const DuckDbTable& target, const std::string& select);

/// Inserts the stage's rows but for those whose key the parent held before. Error target_refused: the key's columns
/// have other types in the child table than in its parent, or a constraint of the table.
Status insert_new_children(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec,
                           const TableSpec& parent, bool ordered, LoadResult& result);

}  // namespace ingot
