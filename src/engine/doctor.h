#pragma once

#include "core/finding.h"
#include "engine/run.h"

namespace ingot {

/// Looks at everything that a run of the pipeline needs: memory, room to spill, files, expressions, connection, rights,
/// settings, tables, ledger. Goes on after what is wrong as far as that makes sense. Changes nothing.
Findings examine(const Pipeline& pipeline, const RunOptions& options);

}  // namespace ingot
