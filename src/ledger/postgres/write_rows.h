#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "ledger/ledger.h"
#include "postgres/connection.h"

namespace ingot::postgres {

// Each by one binary COPY, within the connection's transaction.

Status copy_plan_units(PgConnection& server, const LedgerKey& key, uint64_t plan,
                       const std::vector<PlannedUnit>& units);
/// Error busy: a unit is there already, that is, another process has committed it; the transaction is lost.
Status copy_unit_entries(PgConnection& server, const Claim& claim, const std::vector<UnitEntry>& units);
Status copy_rejects(PgConnection& server, const Claim& claim, const std::vector<RejectEntry>& rejects);

/// Returns text that a text column takes: NUL and what is not UTF-8 written as \xNN.
std::string storable_text(std::string_view text);

}  // namespace ingot::postgres
