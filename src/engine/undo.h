#pragma once

#include "spec/pipeline.h"
#include "target/target.h"

namespace ingot {

/// Can loads of this pipeline be undone at all? Error conflict: what they overwrote is not kept, or their rows do not
/// say where they come from.
Status check_undoable(const Pipeline& pipeline);

/// Takes back what the plan of run `what.made_by` appended, as a run of its own: `what.plan` and `what.run` are filled
/// in here. `ledger_exists`: else there is no run. Errors: not_found (the run made no plan), conflict (its plan was not
/// finished), busy, those of Target::undo.
Result<Undone> undo_run(Target& target, bool ledger_exists, Undoing what);

}  // namespace ingot
