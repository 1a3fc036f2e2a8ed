#pragma once

#include <string>
#include <string_view>

#include "core/error.h"

namespace ingot {

/// A table's name with its schema; an empty schema means the target's default (the search path, `main`).
struct TableName {
  std::string schema;
  std::string table;

  /// Renders for SQL, always quoted.
  std::string sql() const;
  /// Renders for people: quotes only where they are needed.
  std::string text() const;
  bool operator==(const TableName&) const = default;
};

/// Parses `table` or `schema.table`; a part that holds a dot, a quote or a space stands in double quotes. Case is kept
/// as it is. Errors: invalid_pipeline.
Result<TableName> parse_table_name(std::string_view text);

}  // namespace ingot
