#pragma once

#include <vector>

#include "core/error.h"
#include "postgres/connection.h"
#include "spec/pipeline.h"
#include "target/target.h"

namespace ingot::postgres {

/// See Target::inspect.
Result<std::vector<TableShape>> inspect_tables(PgConnection& server, const Pipeline& pipeline);

}  // namespace ingot::postgres
