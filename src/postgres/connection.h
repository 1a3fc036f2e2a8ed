#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/secret.h"

namespace ingot::postgres {

/// What the server said of its last failure, beside the Error that was returned for it. Holds names, never values.
struct ServerError {
  std::string sqlstate;  ///< empty where it was not the server that failed
  std::string constraint;
  std::string column;
};

/// Can a row by itself be the reason for this SQLSTATE? (data exceptions, constraints, a trigger's RAISE, limits that
/// depend on a value's size.)
bool is_row_fault(std::string_view sqlstate);

/// Returns the SQLSTATE's condition name (`not_null_violation`), or "" where it is not one that rows meet.
std::string_view condition_name(std::string_view sqlstate);

/// A query's result. Movable; rows and columns count from 0.
class QueryResult {
 public:
  explicit QueryResult(PGresult* result = nullptr) : result_(result, PQclear) {}

  int rows() const { return PQntuples(result_.get()); }
  bool is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) == 1; }
  std::string_view text(int row, int column) const;
  std::string string(int row, int column) const { return std::string(text(row, column)); }
  int64_t integer(int row, int column) const;
  uint64_t unsigned_integer(int row, int column) const;
  bool boolean(int row, int column) const { return text(row, column) == "t"; }
  /// Rows that the command inserted, updated, copied or returned.
  uint64_t affected() const;
  /// The command's tag: `COMMIT`, `ROLLBACK`, …
  std::string_view tag() const { return PQcmdStatus(result_.get()); }
  PGresult* get() const { return result_.get(); }

 private:
  std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

using Parameter = std::optional<std::string>;

enum class Isolation : uint8_t { read_committed, repeatable_read };

/// One connection to a server. Its texts of errors hold neither passwords nor rows: of what the server says only the
/// primary message is kept, and for faults of rows not even that. Not thread-safe but for cancel().
class PgConnection {
 public:
  /// Connects and sets what Ingot relies on (UTF-8, UTC, ISO dates, synchronous_commit, …). Time-outs of the user or
  /// the database are set aside but for lock_timeout, which is 60 s where there is none; what PGOPTIONS or the URL say
  /// of statement_timeout, transaction_timeout and lock_timeout holds. Errors: target_unreachable, target_refused,
  /// not_found, resource.
  static Result<std::unique_ptr<PgConnection>> open(const Secret& url);
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  /// Runs one or several statements; returns the last result.
  Result<QueryResult> query(const std::string& sql);
  /// Runs one statement with parameters, all of them passed as text.
  Result<QueryResult> query(const std::string& sql, const std::vector<Parameter>& parameters);
  Status run(const std::string& sql);
  /// Calls `visit` with a result of one row for each row, holding one at a time.
  Status stream(const std::string& sql, const std::vector<Parameter>& parameters,
                const std::function<void(const QueryResult&)>& visit);

  /// Starts `COPY … FROM STDIN`; then put_copy() until end_copy() or abort_copy().
  Status start_copy(const std::string& sql);
  /// Sends bytes in pieces, so that libpq's buffer stays small. Finds out early when the server has given up.
  Status put_copy(std::string_view bytes);
  /// Ends the COPY; returns the number of rows that the server took.
  Result<uint64_t> end_copy();
  /// Ends the COPY as failed; returns the server's own error if that came first.
  Status abort_copy();

  /// Runs `COPY … TO STDOUT` and calls `visit` with each of the server's messages: a row of text, or in the binary
  /// format a row with the header before the first and the trailer as the last.
  Status copy_out(const std::string& sql, const std::function<void(std::string_view message)>& visit);

  /// Begins a transaction. Behind a pooler the settings are made in it, since the next one may be on another connection
  /// of the server's, and somebody else may come after it on this one.
  Status begin(Isolation isolation = Isolation::read_committed);

  const ServerError& last_error() const { return last_error_; }
  /// Is the connection usable, as far as is known without asking the server?
  bool alive() const { return PQstatus(connection_) == CONNECTION_OK; }
  /// Is it a pooler that was connected to? Then nothing lasts beyond a transaction: no setting, no lock.
  bool pooled() const { return pooled_; }
  bool in_transaction() const { return PQtransactionStatus(connection_) != PQTRANS_IDLE; }
  void rollback() noexcept;

  /// Interrupts what is running; any thread.
  void cancel() noexcept;

  /// `PostgreSQL 15.18 at host:port/db`.
  std::string describe() const;
  int server_version() const { return PQserverVersion(connection_); }

 private:
  explicit PgConnection(PGconn* connection);
  Status prepare_session();
  tl::unexpected<Error> failure(const PGresult* result);
  Result<QueryResult> finish();
  bool server_spoke() const;

  PGconn* connection_;
  std::mutex cancel_mutex_;
  PGcancel* cancel_ = nullptr;
  bool cancelled_ = false;  // guarded by cancel_mutex_
  ServerError last_error_;
  size_t copied_since_look_ = 0;
  bool pooled_ = false;
  std::string settings_;  // statements
};

}  // namespace ingot::postgres
