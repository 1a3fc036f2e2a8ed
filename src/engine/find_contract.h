#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "engine/survey_files.h"
#include "infer/contract.h"
#include "spec/pipeline.h"
#include "target/target.h"

namespace ingot {

/// What stands for `columns` where a pipeline declares none.
struct FoundContract {
  std::string yaml;
  std::optional<infer::Contract> inferred;  ///< just now; else it was kept in the ledger
  uint64_t records = 0;                     ///< that it was inferred from
};

/// Takes what the ledger keeps for the pipeline and its table; else, and with `again`, infers it by a full scan.
/// Changes nothing. Errors: as survey_files(), and those of the target.
Result<FoundContract> find_contract(const Pipeline& pipeline, Target& target, Source& source, bool again,
                                    const SurveyOptions& options, Progress& progress,
                                    const std::atomic<bool>& cancelled);

/// Infers without any target.
Result<FoundContract> infer_without_target(const Pipeline::From& from, Source& source, const SurveyOptions& options,
                                           Progress& progress, const std::atomic<bool>& cancelled);

}  // namespace ingot
