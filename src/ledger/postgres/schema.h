#pragma once

#include "core/error.h"
#include "postgres/connection.h"

namespace ingot::postgres {

/// Is there a ledger in the connection's database? Changes nothing. Error conflict: one of another layout.
Result<bool> ledger_exists(PgConnection& server);

/// May this user write the ledger, or make it where there is none? Error target_refused, with the GRANT that cures.
Status check_ledger_rights(PgConnection& server);

/// Creates schema `ingot` and its tables where they are missing. Several processes may do so at once. Error conflict,
/// as above.
Status create_ledger(PgConnection& server);

/// Is there the table of inferred columns? A ledger that an earlier Ingot made has none.
Result<bool> has_contracts(PgConnection& server);

/// Creates it, within the caller's transaction, where it is missing.
Status create_contracts(PgConnection& server);

}  // namespace ingot::postgres
