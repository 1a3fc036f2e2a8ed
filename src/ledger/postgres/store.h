#pragma once

#include <memory>

#include "ledger/ledger.h"
#include "postgres/connection.h"

namespace ingot::postgres {

/// Makes the store of a Postgres target. `server` is its own connection (it holds the courtesy lock) and outlives it.
std::unique_ptr<Ledger> make_ledger(PgConnection& server);

}  // namespace ingot::postgres
