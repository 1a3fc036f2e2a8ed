#pragma once

#include "core/error.h"
#include "postgres/connection.h"
#include "target/postgres/load_plan.h"
#include "target/target.h"

namespace ingot::postgres {

/// Places rows of which some are refused by the server, and finds out which: all rows are staged with their addresses;
/// what can be probed by sets is (NOT NULL, CHECK, domains, foreign keys, unique constraints), the rest is applied in
/// order and halved where it fails. The result is as if the rows (for upsert: of each key the row that `keep` prefers
/// among those that may stand) were applied one after the other, each where it is not refused. Takes a lock on the
/// table against other writers. Errors: of the connection, of reading, of the table as such.
/// `replay`: of an upsert of rejects that are loaded again, where they were read; what a later record may have written
/// is refused as a conflict.
Result<LoadResult> load_carefully(PgConnection& server, const LoadPlan& plan, BatchRows& rows,
                                  const std::vector<ReplayOrder>& replay = {});

}  // namespace ingot::postgres
