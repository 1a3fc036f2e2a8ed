#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "spec/model.h"
#include "target/target.h"

namespace ingot {

/// What the target holds under a model's name. Made by looking only.
struct ModelShape {
  TableName name;  ///< as resolved
  bool exists = false;
  bool has_rows = false;         ///< of a table
  std::vector<std::string> ddl;  ///< what creates it; empty where it exists
};

/// Looks a model up. Errors (target_refused): it is something else there, a table's columns cannot hold the model's, …;
/// those of Target::inspect.
Result<ModelShape> inspect_model(Target& target, ModelDatabase& database, const ModelSpec& spec);

/// The statement that creates a model's table.
std::string create_model_table_sql(const ModelSpec& spec, const TableName& name, const ModelDatabase::Dialect& dialect);

}  // namespace ingot
