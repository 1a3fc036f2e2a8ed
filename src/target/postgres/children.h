#pragma once

#include <string>

#include "core/error.h"
#include "postgres/connection.h"
#include "target/postgres/load_plan.h"
#include "target/target.h"

namespace ingot::postgres {

/// Keeps other writers away from a table whose children are loaded, too: which of its rows are new stays true. Returns
/// the first transaction id of those that may come: rows from there on are this transaction's.
Result<std::string> lock_parent(PgConnection& server, const LoadPlan& plan);

/// Places the rows of a child table that follows its parent's key, within the transaction that has placed the parent's.
/// Where the parent is updated, the table's rows of the load's keys are replaced where they differ, else they are
/// *unchanged*; where it is not, those of keys that are new are inserted. Locks the table against other writers.
/// `since`: what lock_parent() returned. Errors: of the connection, of reading; target_refused: a row is refused.
Result<LoadResult> load_children(PgConnection& server, const LoadPlan& plan, BatchRows& rows, size_t units,
                                 const std::string& since);

}  // namespace ingot::postgres
