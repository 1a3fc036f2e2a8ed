#pragma once

#include "core/error.h"
#include "models/shape.h"
#include "spec/model.h"
#include "target/model_database.h"

namespace ingot {

/// What building a model came to; rows = inserted + updated + unchanged; all are 0 for views.
struct ModelCounts {
  uint64_t rows = 0;
  uint64_t inserted = 0;
  uint64_t updated = 0;
  uint64_t unchanged = 0;
  uint64_t deleted = 0;
};

/// Brings a model up to date, within the open transaction of `database`. `redefined`: what is there was built by
/// another definition. Errors: invalid_pipeline (the query yields other columns than declared), target_refused (a value
/// that does not fit, a repeated key, what the target refuses), books_broken; the transaction is then lost.
Result<ModelCounts> build_model(ModelDatabase& database, const ModelSpec& spec, const ModelShape& shape,
                                bool redefined);

}  // namespace ingot
