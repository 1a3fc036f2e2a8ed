#pragma once

#include "core/error.h"
#include "postgres/connection.h"
#include "target/postgres/load_plan.h"
#include "target/postgres/stage.h"

namespace ingot::postgres {

/// Said of a row that no partition takes, or not the one that is loaded.
constexpr const char* kNoPartition = "no partition takes it";

/// Marks the rows of a stage (with verdicts, converted) that the table's constraints refuse, as far as sets can tell:
/// exactness of timestamps, domains, NOT NULL, CHECK, foreign keys. What cannot be probed (an expression that fails or
/// needs columns that the contract lacks, a table that may not be read) is left to the server.
Status probe_rows(PgConnection& server, const LoadPlan& plan, const Stage& stage);

}  // namespace ingot::postgres
