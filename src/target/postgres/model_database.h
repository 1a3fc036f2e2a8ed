#pragma once

#include <memory>

#include "postgres/connection.h"
#include "target/model_database.h"

namespace ingot::postgres {

/// Makes the models' side of a Postgres target. `server` outlives it, and is used by nobody else while a transaction
/// is open.
std::unique_ptr<ModelDatabase> make_model_database(PgConnection& server);

}  // namespace ingot::postgres
