#pragma once

#include <vector>

#include "core/error.h"
#include "postgres/connection.h"
#include "spec/pipeline.h"
#include "target/postgres/alter.h"
#include "target/target.h"

namespace ingot::postgres {

/// See Target::inspect. Adds to `alterations` what the tables are that are to be altered.
Result<std::vector<TableShape>> inspect_tables(PgConnection& server, const Pipeline& pipeline,
                                               Alterations& alterations);

}  // namespace ingot::postgres
