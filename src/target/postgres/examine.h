#pragma once

#include <vector>

#include "core/finding.h"
#include "postgres/connection.h"
#include "target/target.h"

namespace ingot::postgres {

/// Looks at what may keep the server from taking a run's rows, or from keeping them: rights on the ledger, a standby,
/// settings that give durability away, unlogged tables, free connections, encoding, encryption, clock. Changes nothing.
Result<Findings> examine_server(PgConnection& server, const std::vector<TableShape>& tables);

}  // namespace ingot::postgres
