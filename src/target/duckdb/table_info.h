#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <optional>
#include <string>
#include <vector>

#include "target/target.h"

namespace ingot {

/// A column of an existing table.
struct DuckDbColumn {
  std::string name;
  std::string type;  ///< as DuckDB writes it
  bool nullable = true;
  std::optional<std::string> default_sql;
  bool generated = false;
};

/// A constraint of an existing table.
struct DuckDbConstraint {
  enum class Kind : uint8_t { not_null, check, unique, primary_key, foreign_key };
  Kind kind = Kind::check;
  std::string name;  ///< as errors name it; made up where DuckDB has none
  std::vector<std::string> columns;
  std::string expression;  ///< check
  std::string referenced_table;
  std::vector<std::string> referenced_columns;
};

/// A name for SQL, with its database: `main.x` alone may also mean a temporary table, `temp.x` one in another database.
std::string duckdb_sql(const TableName& name);

/// What the catalog says of one table.
struct DuckDbTable {
  TableName name;
  std::vector<DuckDbColumn> columns;
  std::vector<DuckDbConstraint> constraints;

  std::string sql() const { return duckdb_sql(name); }
  const DuckDbColumn* find(const std::string& column) const;  ///< case-insensitive, as DuckDB's names are
  /// Returns a SELECT list of these columns in the table's own types: compared with a VARCHAR column, a decimal would
  /// take the column's text to its own scale. Error target_refused: one is gone.
  Result<std::string> cast_list(const std::vector<std::string>& names) const;
  bool has_unique_index() const;  ///< of a constraint, or made as an index
};

/// Looks a table up in the connection's current database; nothing if there is none of that name. Error target_refused:
/// it is a view.
Result<std::optional<DuckDbTable>> look_up_table(duckdb::Connection& connection, const TableName& name);

/// The name of an existing table that is nearly `name`, else "".
Result<std::string> similar_table(duckdb::Connection& connection, const TableName& name);

/// The type that a contract value must fit to be held exactly by a column of DuckDB type `column_type`; nothing if that
/// type cannot hold the contract's values exactly.
std::optional<Type> fit_type(const Type& contract, const std::string& column_type);

/// The column type with which a table is created.
std::string duckdb_column_type(const Type& type);

}  // namespace ingot
