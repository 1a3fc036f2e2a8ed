#pragma once

#include <map>
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

/// What a table was when the statements that alter it were made.
struct TableState {
  TableName name;
  uint32_t oid = 0;
  std::string columns;  ///< each with its type
};

/// By the first of the statements.
using Alterations = std::map<std::string, TableState>;

Result<std::string> columns_of(PgConnection& server, uint32_t oid);

/// Locks the table, and sees whether it still is what it was: a type that would widen it may narrow what it has become.
/// Error busy: it is not.
Status lock_unaltered(PgConnection& server, const TableState& was);

}  // namespace ingot::postgres
