#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/pace.h"
#include "postgres/connection.h"
#include "target/postgres/encoder.h"

namespace duckdb {
class Connection;
}

namespace ingot::postgres {

class CopyJobs;

/// One COPY … FROM STDIN that a DuckDB query feeds: threads encode, one connection sends.
class CopyJob {
 public:
  /// `pace`: of the rows that are sent; may be none.
  CopyJob(PgConnection& server, std::vector<WireColumn> columns, Pace* pace, KnownRows known = {})
      : server_(server), columns_(std::move(columns)), pace_(pace), known_(known) {}

  struct Outcome {
    uint64_t sent = 0;   ///< rows that the query gave, less those left out
    uint64_t taken = 0;  ///< rows that the server says it took
    LeftOut left_out;    ///< rows that are known
  };

  /// Runs `copy_sql` on the server and `select` in the engine. `ordered`: the rows go out in the select's order, by one
  /// thread. After an error the server's transaction has failed, and must be rolled back (to a savepoint).
  Result<Outcome> run(duckdb::Connection& engine, const std::string& copy_sql, const std::string& select, bool ordered);

  /// Did a value not fit its column exactly? (Then run() has failed with target_refused.)
  bool inexact() const { return inexact_; }

  // For the copy function, on any thread. False: stop, an error has been noted.
  const std::vector<WireColumn>& columns() const { return columns_; }
  KnownRows known() const { return known_; }
  void add_left_out(const LeftOut& left_out);
  bool send(ChunkEncoder& encoder, duckdb::DataChunk& chunk);

 private:
  void stop(Error error);
  bool send_paced(ChunkEncoder& encoder, duckdb::DataChunk& chunk);
  bool send_now(ChunkEncoder& encoder, duckdb::DataChunk& chunk);
  Status feed(duckdb::Connection& engine, const std::string& select, bool ordered);

  PgConnection& server_;
  std::vector<WireColumn> columns_;
  Pace* const pace_;
  const KnownRows known_;
  std::mutex mutex_;  // of server_, error_ and left_out_
  LeftOut left_out_;
  std::optional<Error> error_;
  std::atomic<uint64_t> rows_ = 0;
  std::atomic<bool> failed_ = false;
  std::atomic<bool> inexact_ = false;
};

/// Adds the copy functions `ingot_postgres` and `ingot_postgres_ordered` to the engine's database, unless they are
/// there.
void register_copy_functions(duckdb::Connection& engine);

}  // namespace ingot::postgres
