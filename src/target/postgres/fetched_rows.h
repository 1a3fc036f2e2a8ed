#pragma once

#include <optional>
#include <thread>

#include "core/error.h"
#include "postgres/connection.h"
#include "target/postgres/load_plan.h"
#include "target/postgres/row_hashes.h"

namespace ingot::postgres {

/// What a table holds in the contract's columns, as hashes, read by a COPY that goes on beside other work. The
/// connection belongs to it until wait() has returned.
class FetchedRows {
 public:
  /// Starts reading. The references outlive it.
  FetchedRows(PgConnection& server, const LoadPlan& plan, size_t expected_rows, uint64_t max_bytes);
  ~FetchedRows();
  FetchedRows(const FetchedRows&) = delete;
  FetchedRows& operator=(const FetchedRows&) = delete;

  /// Waits for the end. Errors: of the connection, of the server.
  Status wait();
  /// Valid once wait() has succeeded.
  const RowHashes& rows() const { return rows_; }

 private:
  Status fetch();

  PgConnection& server_;
  const LoadPlan& plan_;
  RowHashes rows_;
  Status status_;
  std::thread thread_;
};

/// For how many rows a fetch has to make room, if it pays: rows can be compared by their bytes, the table is of the
/// batch's size or smaller, and the hashes keep within `max_bytes`. Else nothing. `batch_bytes`: of the batch's units,
/// as they are stored.
Result<std::optional<size_t>> rows_worth_fetching(PgConnection& server, const LoadPlan& plan, uint64_t batch_bytes,
                                                  uint64_t max_bytes);

}  // namespace ingot::postgres
