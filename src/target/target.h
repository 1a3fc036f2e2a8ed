#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/finding.h"
#include "core/table_name.h"
#include "ledger/ledger.h"
#include "spec/pipeline.h"
#include "target/model_database.h"
#include "types/fault.h"

namespace duckdb {
class Connection;
}

namespace ingot {

class Pace;

/// What the target knows of one of the pipeline's tables. Made by looking only.
struct TableShape {
  TableName name;  ///< as resolved: schema filled in where the table exists
  bool exists = false;
  std::string similar;  ///< where it does not exist: a table whose name is nearly the same, if any
  /// Statements that create it; where it exists, that alter it. What is said below holds after them.
  std::vector<std::string> ddl;
  /// For each contract column the type that values must fit exactly: the contract's, or the target column's where that
  /// is narrower (varchar(3) under text, integer under bigint, numeric(4,2) under numeric(10,4)).
  std::vector<Type> types;
  /// Can keys be told apart by comparing contract values bytewise? If not (citext, char(n), nondeterministic
  /// collations, …) the target resolves repeated keys itself.
  bool bytewise_key = true;
  bool ahead = false;  ///< batches may be loaded ahead of their turn (see Session::begin_ahead)
};

/// The rows of one batch for one table; can be read as often as need be, each time by decoding the units again.
class BatchRows {
 public:
  virtual ~BatchRows() = default;

  struct Options {
    /// Only the row that `keep` chooses for each key (by bytewise equality of contract values). The rows that lost are
    /// counted as duplicate by the engine.
    bool winners_only = false;
    /// Append the columns __unit UINTEGER, __rec UBIGINT, __offset UBIGINT, __length UBIGINT, __line UBIGINT (__rec
    /// ascends in listing and record order, over all units of the batch).
    bool with_address = false;
    /// Sort by the key columns where the memory limit allows it (index locality); else the order is that of the records
    /// where `ordered`, or any.
    bool sort_by_key = false;
    bool ordered = false;
  };

  /// Calls `consume` with a SELECT, to be run once, whole, on the engine's connection `duckdb()`. Its columns are the
  /// contract's, of duckdb_type(TableShape::types[i]), in order, named as in the contract, then, where the table has
  /// tombstones, __delete BOOLEAN (never NULL), then the addresses if asked for. Errors of reading (source_unreadable,
  /// source_changed, interrupted) are returned in preference to consume's.
  /// Of a child table: the elements of those of the parent's records that stay, after its load. Addresses are the
  /// record's, but __rec counts the rows. Where it follows a key there is __delete, too: beside the elements comes a
  /// row for each record that stays, with nothing but the key and __delete.
  virtual Status read(const Options& options, const std::function<Status(const std::string& select)>& consume) = 0;

  virtual duckdb::Connection& duckdb() = 0;
  /// Bytes of the batch's units as they are stored (compressed, where they are).
  virtual uint64_t stored_bytes() const = 0;
  virtual const TableSpec& table() const = 0;
  virtual const TableShape& shape() const = 0;
  /// Of a child table: its parent's rows, which are placed before it.
  virtual const BatchRows* parent() const { return nullptr; }
  /// Rows that the last completed read() passed on, in all and by unit.
  virtual uint64_t rows() const = 0;
  virtual const std::vector<std::pair<uint32_t, uint64_t>>& rows_by_unit() const = 0;
  /// What the rows have to keep on their way to the target; none: they go as fast as it takes them.
  virtual Pace* pace() const { return nullptr; }
};

/// A row that the target refused.
struct RefusedRow {
  uint32_t unit = 0;
  uint64_t offset = 0;
  uint64_t length = 0;
  uint64_t line = 0;
  Fault fault = Fault::constraint;
  std::string field;   ///< column's name where known
  std::string detail;  ///< constraint's name, else SQLSTATE and its condition name; never the row's content
};

/// What became of a batch's rows in one table, by unit. rows passed on = inserted + updated + unchanged + duplicate
/// (found by the target itself) + refused.
struct LoadResult {
  struct PerUnit {
    uint32_t unit = 0;
    uint64_t inserted = 0;
    uint64_t updated = 0;
    uint64_t unchanged = 0;
    uint64_t duplicate = 0;
  };
  std::vector<PerUnit> units;
  std::vector<RefusedRow> refused;
  uint64_t deleted = 0;       ///< rows that the table had and has no more; no part of the books
  uint64_t cleared = 0;       ///< of these, the ones that went before the rows of the load came
  uint64_t tombstones = 0;    ///< keys that were to be deleted, whether or not the table had them
  bool winners_only = false;  ///< the counts are of a pass with winners_only: the engine's duplicates count
};

/// One committing transaction: begin → [create_tables →] load (for each table) → record → commit. Not thread-safe but
/// for cancel().
class Session {
 public:
  virtual ~Session() = default;

  /// Begins the transaction and takes the plan's row lock, so that commits of one (pipeline, target) follow one
  /// another. Returns those of `units` that are loaded already, or of which the claim's part is (by an earlier process
  /// whose commit was in flight).
  /// Error conflict: the plan is closed.
  virtual Result<std::vector<uint32_t>> begin(const Claim& claim, const std::vector<uint32_t>& units) = 0;

  /// For a batch that is loaded while those before it still are, by other sessions: begins the transaction and takes
  /// the locks that load_ahead() needs. Called in the order of the batches; then load_ahead() for each table, on any
  /// thread; once all batches before are committed begin(), which goes on in this transaction; then as ever. What
  /// cannot be done so is an error (busy): the batch is to be rolled back, and loaded by another session in its turn.
  /// The rows are `tables`, in the pipeline's order, and outlive the transaction.
  virtual Status begin_ahead(const Claim& claim, const std::vector<uint32_t>& units,
                             const std::vector<BatchRows*>& tables);
  /// Does of load() what may be done before the batches before are committed. `first`: there are none.
  virtual Status load_ahead(BatchRows& rows, bool first);

  /// Creates and alters tables within the transaction: that appears with the first rows, or not at all.
  virtual Status create_tables(const std::vector<std::string>& ddl) = 0;

  /// Places the rows of one table. Tries the quick way first; where a row is refused, finds exactly the rows that the
  /// target refuses when they are applied one after the other in order, and places all others. Errors: target_*;
  /// source_* from the rows.
  virtual Result<LoadResult> load(BatchRows& rows) = 0;

  /// Writes the ledger rows of the units (their primary key is the fence) and the rejects.
  virtual Status record(const std::vector<UnitEntry>& units, const std::vector<RejectEntry>& rejects) = 0;

  /// Marks rejects that were loaded again as replayed by the claim's run. Error busy: one is not open any more.
  virtual Status resolve(const std::vector<uint64_t>& rejects) = 0;

  /// Commits durably. After an error of the connection whose outcome is unknown (cut in mid-COMMIT), connects again and
  /// looks into the ledger: committed → success, not committed → the error, retryable.
  virtual Status commit() = 0;
  virtual void rollback() noexcept = 0;
  /// Was what rollback() ended lost to other transactions (a deadlock, a serialisation failure), so that the same again
  /// may succeed?
  virtual bool lost_race() const { return false; }

  /// Interrupts what is running; any thread.
  virtual void cancel() noexcept = 0;
};

/// What is taken back: a plan that appended rows which say where they come from.
struct Undoing {
  LedgerKey key;
  uint64_t plan = 0;
  uint64_t made_by = 0;  ///< the run that made it: what the rows say
  uint64_t run = 0;      ///< that takes it back
  std::vector<TableName> tables;
  std::vector<TableName> children;  ///< of `tables`: the books do not count their rows
  bool force = false;               ///< even if the rows that are there are not as many as were inserted
};

/// What was taken back.
struct Undone {
  uint64_t units = 0;
  uint64_t inserted = 0;  ///< rows that the ledger says these had inserted
  uint64_t deleted = 0;
  uint64_t discarded = 0;  ///< open rejects of these units: they are to be read again
  uint64_t reopened = 0;   ///< rejects that they had loaded again
};

/// Where data go. Opening connects and changes nothing.
class Target {
 public:
  virtual ~Target() = default;

  /// Looks up the pipeline's tables. Errors (all of them target_refused, or not_found) say what does not fit: an upsert
  /// key without a unique index, a NOT NULL column without default that the contract lacks, a type that cannot hold the
  /// contract's exactly, a generated column that the contract names, a view, …; each names table and column.
  virtual Result<std::vector<TableShape>> inspect(const Pipeline& pipeline) = 0;

  /// Deletes the plan's rows and marks its units as undone, in one transaction; those files are not known any more.
  /// Errors: conflict (counts differ, and no `force`; rejects of these units were replayed since; nothing to undo).
  virtual Result<Undone> undo(const Undoing& what) = 0;

  virtual Ledger& ledger() = 0;
  virtual Result<std::unique_ptr<Session>> open_session() = 0;
  /// What models are built with. Not to be used while a session is within a transaction; the target outlives it.
  virtual std::unique_ptr<ModelDatabase> open_models() = 0;

  /// Looks at what may keep a run from loading, or its rows from lasting: rights, settings, space, clock. `tables` are
  /// those of the pipeline, as inspect() found them. Changes nothing.
  virtual Result<Findings> examine(const std::vector<TableShape>& tables) = 0;

  /// `PostgreSQL 15.18 at host:port/db`, for messages.
  virtual std::string describe() const = 0;
};

struct TargetOptions {
  std::string temp_dir;
  uint64_t memory_bytes = 0;  ///< for what the target remembers of the rows that it holds
};

/// Connects. `engine` is the embedded DuckDB that will run the queries; it outlives the target.
Result<std::unique_ptr<Target>> open_postgres_target(const Connection& connection, duckdb::Connection& engine,
                                                     const TargetOptions& options);

/// Attaches the file as `target`. Error busy: another process has it open (its id, if it can be known).
/// `read_only`: for `plan`, `runs`, …; a file that does not exist yet is then an empty in-memory database.
Result<std::unique_ptr<Target>> open_duckdb_target(const Connection& connection, duckdb::Connection& engine,
                                                   const TargetOptions& options, bool read_only);

/// Opens a folder, whose ledger is a DuckDB file in it (docs/decisions/file-targets.md). Where it is opened to be
/// written, what an earlier process had committed and not published is published first.
Result<std::unique_ptr<Target>> open_files_target(const Connection& connection, duckdb::Connection& engine,
                                                  const TargetOptions& options, bool read_only);

/// Opens the target of any kind; `read_only` as above.
Result<std::unique_ptr<Target>> open_target(const Connection& connection, duckdb::Connection& engine,
                                            const TargetOptions& options, bool read_only);

}  // namespace ingot
