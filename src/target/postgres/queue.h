#pragma once

#include <string>
#include <vector>

#include "core/error.h"
#include "postgres/connection.h"
#include "target/postgres/catalog.h"

namespace ingot::postgres {

/// Rows of a stage that are to be applied in order: a temporary table of (n, rec, kind), n counting from 1.
class Queue {
 public:
  Queue(PgConnection& server, const TableInfo& table) : server_(server), table_(table) {}

  /// Fills it anew from a SELECT of (rec, kind); n follows rec.
  Status fill(const std::string& select);
  const char* name() const { return "pg_temp.ingot_queue"; }
  uint64_t rows() const { return rows_; }

  /// One statement of an application; where it is run, `q` is the queue. Must affect as many rows as the queue has of
  /// `kind` (0: of any).
  struct Statement {
    std::string sql;  ///< ends in a WHERE to which ` AND …` can be added
    int kind = 0;
  };
  /// Runs the statements for all rows at once. False: a row is refused, or fewer were affected; nothing was done.
  Result<bool> apply_at_once(const std::vector<Statement>& statements);
  /// Runs them for pieces of `piece` rows in order, halving those that fail until single rows are found; these get
  /// their verdict in `stage`. On the server, in one statement.
  Status apply_in_order(const std::vector<Statement>& statements, const std::string& stage, int piece);

 private:
  PgConnection& server_;
  const TableInfo& table_;
  uint64_t rows_ = 0;
};

}  // namespace ingot::postgres
