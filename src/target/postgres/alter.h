#pragma once

#include <string>
#include <vector>

#include "core/error.h"
#include "postgres/connection.h"
#include "spec/pipeline.h"
#include "target/postgres/catalog.h"

namespace ingot::postgres {

/// Returns the statements that make an existing table fit the contract, as far as it says that this may be done
/// (`was`, `to.alter`), and changes `table` into what it is after them. Errors (target_refused): both a column and the
/// one that it was are there, a view reads a column that is to be widened, no right to alter the table, …
Result<std::vector<std::string>> alter_table(PgConnection& server, TableInfo& table, const TableSpec& spec);

}  // namespace ingot::postgres
