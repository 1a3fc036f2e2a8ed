#pragma once

#include "postgres/connection.h"
#include "target/target.h"

namespace ingot::postgres {

/// See Target::undo.
Result<Undone> undo(PgConnection& server, const Undoing& what);

}  // namespace ingot::postgres
