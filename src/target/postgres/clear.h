#pragma once

#include <cstdint>
#include <vector>

#include "core/error.h"
#include "ledger/ledger.h"
#include "postgres/connection.h"
#include "target/postgres/load_plan.h"
#include "target/postgres/stage.h"

namespace ingot::postgres {

/// Deletes all rows of the table, within the connection's transaction, and keeps other writers away until its end.
/// Readers see the old rows until then. Returns how many there were. Error target_refused: rows of other tables refer
/// to them, or a trigger keeps some.
Result<uint64_t> clear_table(PgConnection& server, const LoadPlan& plan);

/// Likewise deletes the rows of those partitions that a stage has rows of.
Result<uint64_t> clear_partitions(PgConnection& server, const LoadPlan& plan, const Stage& stage);

/// Likewise deletes the rows that the units' files brought when they were loaded before, by lineage. Error conflict:
/// the table has rows without lineage that may be among them.
Result<uint64_t> take_back_rows(PgConnection& server, const LoadPlan& plan, const Claim& claim,
                                const std::vector<uint32_t>& units);

}  // namespace ingot::postgres
