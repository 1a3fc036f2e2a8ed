#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "engine/survey_files.h"
#include "format/format.h"
#include "infer/contract.h"
#include "spec/pipeline.h"

namespace ingot {

/// Where new columns are looked for.
struct NewFields {
  const Pipeline& pipeline;
  const std::vector<Slot>& slots;           ///< of its composition: what is taken already
  const std::vector<std::string>& present;  ///< columns that the table has, whether the pipeline names them or not
  const std::vector<BatchUnit>& units;      ///< that are to be loaded
};

/// With `drift: add`: the columns that those fields of the units become which no column takes and which have a value
/// anywhere. A field is a top-level one, or lies in an object of which a column takes a part. Reads the beginnings of
/// CSV files, and to their ends those that have such fields; JSON files always to their ends. Errors: as
/// survey_files(); invalid_pipeline where there are too many; target_refused where the table has a column of that name.
Result<std::vector<infer::InferredColumn>> find_new_columns(const NewFields& fields, Source& source,
                                                            const SurveyOptions& options, Progress& progress,
                                                            const std::atomic<bool>& cancelled);

/// Adds columns to a contract as the ledger keeps it, which may be empty.
std::string enlarge(std::string contract, const std::vector<infer::InferredColumn>& columns);

}  // namespace ingot
