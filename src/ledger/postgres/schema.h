#pragma once

#include "core/error.h"
#include "postgres/connection.h"

namespace ingot::postgres {

inline constexpr int kLedgerVersion = 2;

/// Is there a ledger in the connection's database? Changes nothing.
Result<bool> ledger_exists(PgConnection& server);

/// May this user write the ledger, or make it where there is none? Error target_refused, with the GRANT that cures.
Status check_ledger_rights(PgConnection& server);

/// Creates schema `ingot` and its tables, or checks their version. Several processes may do so at once. Error conflict:
/// a newer Ingot's ledger.
Status create_ledger(PgConnection& server);

}  // namespace ingot::postgres
