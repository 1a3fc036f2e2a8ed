#pragma once

#include <string>

#include "cli/arguments.h"

namespace ingot {

/// Runs a pipeline, shows its progress and what came of it; returns the exit code. `ledger` is what is typed behind
/// `ingot rejects show r7` to reach its ledger.
int run_prepared(const PipelineArguments& arguments, const Prepared& prepared, const std::string& ledger);

}  // namespace ingot
