#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/error.h"
#include "types/type.h"

namespace ingot {

/// What a model is in the target.
enum class Materialized : uint8_t {
  view,
  table,              ///< synced by key with the query's result; without a key its rows are replaced
  materialized_view,  ///< PostgreSQL only; refreshed
  incremental,        ///< a table into which the query's result is merged by key, and from which nothing is deleted
};

/// Returns `view`, `table`, `materialized_view`, `incremental`.
const char* materialized_name(Materialized materialized);

/// Is the model a table whose rows Ingot writes?
bool is_table(Materialized materialized);

/// A column of a model that is a table.
struct ModelColumn {
  std::string name;
  Type type;
  bool required = false;
  bool generated = false;  ///< given a value when its row is inserted, and kept; uuid
  Place where;
};

/// What is derived in the target after a load. Checked like the rest of a Pipeline.
struct ModelSpec {
  std::string name;  ///< as written: `table`, `schema.table`, each part quoted where need be
  Materialized materialized = Materialized::view;
  std::string sql;                   ///< one query in the target's dialect, without a semicolon at its end
  std::vector<ModelColumn> columns;  ///< of a table; else empty
  std::vector<std::string> key;      ///< names of columns
  std::vector<std::string> after;    ///< names of models that come first, beside those that the query reads
  std::string definition;            ///< hash of all that decides what the model holds, hex
  Place where;
  Place sql_where;
};

}  // namespace ingot
