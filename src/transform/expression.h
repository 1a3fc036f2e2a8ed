#pragma once

// Includes DuckDB: a parsed expression is DuckDB's own tree.

#include <duckdb.hpp>
#include <duckdb/parser/parsed_expression.hpp>
#include <string>

#include "core/error.h"
#include "types/path.h"

namespace ingot {

using Tree = duckdb::unique_ptr<duckdb::ParsedExpression>;

/// Says what a name in an expression stands for.
class Names {
 public:
  virtual ~Names() = default;

  /// Returns the tree to put in the place of `path` as the user wrote it; its first step is always a key.
  virtual Result<Tree> resolve(const Path& path) = 0;
};

/// Parses one scalar expression of the pipeline language, and rewrites it to what DuckDB is to compute: names by
/// `names`, casts to ingot_cast, divisors through ingot_nonzero, IN to ingot_in. Refuses what is not a deterministic
/// scalar expression. Errors: invalid_pipeline, without a place.
Result<Tree> parse_expression(const std::string& text, Names& names);

/// Builds ingot_cast (or another function of its shape) over `tree`; `type` is a type's name in SQL.
Tree make_cast(const std::string& function, Tree tree, const std::string& type);

/// Builds a column reference.
Tree make_column(const std::string& name);

}  // namespace ingot
