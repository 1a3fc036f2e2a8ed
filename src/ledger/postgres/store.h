#pragma once

#include <memory>

#include "core/secret.h"
#include "ledger/ledger.h"
#include "postgres/connection.h"

namespace ingot::postgres {

/// Makes the store of a Postgres target. `server` is its own connection and outlives it; it holds the courtesy lock, or
/// a second one to the same `url` where a pooler lies between.
std::unique_ptr<Ledger> make_ledger(PgConnection& server, const Secret& url);

}  // namespace ingot::postgres
