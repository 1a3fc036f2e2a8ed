#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "source/source.h"

namespace ingot {

/// The counts of a unit, a table or a run.
struct Books {
  uint64_t read = 0;
  uint64_t inserted = 0;
  uint64_t updated = 0;
  uint64_t unchanged = 0;
  uint64_t filtered = 0;
  uint64_t duplicate = 0;
  uint64_t rejected = 0;
  uint64_t deleted = 0;  ///< rows that the table had and has no more: beside the equation, and not kept

  bool reconcile() const { return read == inserted + updated + unchanged + filtered + duplicate + rejected; }
  Books& operator+=(const Books& other);
  bool operator==(const Books&) const = default;
};

/// What a pipeline loads into: the key under which plans are numbered. `target` is the table's name for people
/// (schema-qualified as the target resolves it), or `*` where the pipeline routes records to several tables.
struct LedgerKey {
  std::string pipeline;
  std::string target;
};

/// Where the records of a unit stand that are loaded again: those before and after them were loaded long ago.
struct ReplayOrder {
  uint32_t unit = 0;       ///< of the plan that loads them again
  uint64_t run = 0;        ///< that made the plan in which they were read
  uint32_t read_unit = 0;  ///< their unit in that plan
  /// Later records may have met a row without leaving their mark on it: its lineage does not tell.
  bool doubtful = false;
  /// Since then keys of the table were deleted: that one is not there does not mean that no later record had it.
  bool deletions = false;
};

/// Under what a transaction commits.
struct Claim {
  LedgerKey key;
  uint64_t plan = 0;
  uint64_t run = 0;
  /// The target may hold many of the rows just so: where that is cheaper it is read first, within one snapshot, and
  /// only what is new or different is sent. What others write meanwhile, and a row that is refused, then
  /// fail the transaction with `busy`: it is to be done again without.
  bool compare_first = false;
  uint32_t part = 0;  ///< of its only unit, where that is loaded in parts
  /// By unit; of a plan that loads rejects again. Then a row of the target is updated only if that is known to be
  /// right: no later record has written it. Else the record is refused as `conflict`.
  std::vector<ReplayOrder> replay{};
  /// What earlier plans of the key have loaded goes, rows and files, with the first units that are recorded. All units
  /// of the plan commit together.
  bool refresh = false;
};

/// Where the last committed part of a unit ended that is not loaded to its end.
struct PartEnd {
  uint32_t part = 0;
  uint64_t byte = 0;  ///< decompressed
  uint64_t line = 1;
  std::string hash;  ///< of the stored bytes before it
};

/// One unit of a plan, as it is frozen.
struct PlannedUnit {
  uint32_t unit = 0;  ///< listing index, from 0
  std::string name;
  Stamp stamp;
  std::string hash;              ///< content hash, where it had to be known already; else empty
  std::optional<PartEnd> begun;  ///< some of its parts are committed
};

/// What will be done, stored before the first commit.
struct StoredPlan {
  uint64_t plan = 0;
  uint64_t run = 0;  ///< that made it
  std::string pipeline_hash;
  int64_t loaded_at_micros = 0;  ///< meta.loaded_at of the plan
  /// Until it was closed, even if all its units are loaded: a run killed between its last commit and its end is to find
  /// them done, not to begin anew (standard input and `new: all` are not known by name).
  bool open = true;
  uint64_t unit_count = 0;
  std::string kind = "load";  ///< load | refresh (all of it, in the place of what was loaded) | replay (of rejects)
  bool lineage = false;       ///< every row that is written says where it comes from
  uint64_t record_limit = 0;  ///< so many records of each unit are loaded, and no more; 0 = all
  /// Of a pipeline that declares no columns: those that were inferred by the run that made the plan, to be kept; empty
  /// where they were kept already.
  std::string contract{};
};

/// What the ledger keeps of one unit that was loaded, or of one part of it.
struct UnitEntry {
  uint32_t unit = 0;
  std::string name;
  std::string hash;  ///< of the content; empty where only the first records were loaded
  Stamp stamp;
  uint64_t bytes = 0;  ///< decompressed
  Books books;
  /// Counts by table, where there are several; JSON object text {"songs":{"read":…},…}, else empty.
  std::string tables_json;
  /// Of a unit with rejects: what its records cannot be read without. CSV: the bytes before the first record (byte
  /// order mark, header), and the delimiter.
  std::string head{};
  std::string delimiter{};
  uint32_t fields = 0;  ///< CSV: that every record must have
  uint32_t part = 0;
  uint64_t from_byte = 0;  ///< decompressed
  uint64_t to_line = 0;    ///< of the byte behind its last record; counts from 1
  /// Was the unit read to its end? Else the hash is that of the stored bytes up to the part's end.
  bool complete = true;
  /// Of its transaction, told with the first of that's units: keys that tombstones deleted, whether or not they were
  /// there, and rows that went before its own came (replace, a full refresh, …).
  uint64_t tombstones = 0;
  uint64_t cleared = 0;

  uint64_t to_byte() const { return from_byte + bytes; }
};

/// The latest loaded version of a path.
struct KnownUnit {
  std::string name;
  std::string hash;  ///< empty where it is not loaded to its end
  Stamp stamp;
  int64_t planned_at_micros = 0;  ///< loaded_at of its plan: before it was listed, by this side's clock
  uint64_t plan = 0;              ///< that loaded it
  uint64_t run = 0;               ///< that made the plan
  std::optional<PartEnd> begun;   ///< not loaded to its end

  /// Else only its first records, or parts, were loaded.
  bool whole() const { return !hash.empty(); }
};

/// One reject, with its address and its bytes.
struct RejectEntry {
  uint64_t reject = 0;  ///< id, given by the ledger
  uint64_t run = 0;
  uint32_t unit = 0;
  std::string unit_name;
  std::string table;    ///< empty where the record was not routed yet
  uint64_t offset = 0;  ///< of the record within the decompressed unit, in bytes
  uint64_t length = 0;
  uint64_t line = 0;    ///< of the offending place
  uint32_t column = 0;  ///< in bytes from 1; 0 = unknown
  std::string field;
  std::string code;    ///< fault_name
  std::string detail;  ///< offending text, constraint's name or SQLSTATE
  std::string raw;     ///< the record's bytes, or the first of them
  LedgerKey key{};
  uint64_t plan = 0;
  std::string state = "open";  ///< open | replayed | discarded
  uint64_t resolved_by = 0;    ///< the run that replayed it; 0 = none
  std::optional<int64_t> resolved_at_micros;
  uint64_t origin = 0;       ///< of a record that was loaded again: its first reject; else 0
  bool mended = false;       ///< `raw` is not what was read at the address
  uint64_t record_line = 0;  ///< the record's first line
  uint64_t root_plan = 0;    ///< the plan and the unit in which it was read
  uint32_t root_unit = 0;

  bool whole() const { return raw.size() == length; }
};

/// Which rejects are meant; what is not set does not matter.
struct RejectFilter {
  std::optional<LedgerKey> key;
  std::vector<uint64_t> ids;
  uint64_t run = 0;
  std::string code;
  std::string field;
  std::string file;
  std::string table;
  std::string state;  ///< open | replayed | discarded
  std::optional<int64_t> resolved_before_micros;
};

/// By what rejects are grouped.
enum class RejectsBy : uint8_t { code, field, file, table };

/// Rejects that have one cause, or one place.
struct RejectCount {
  std::string value;  ///< the code, field, file or table; empty where it is not known
  uint64_t count = 0;
  RejectEntry first;  ///< by run, unit and offset; without raw
};

/// A unit that rejects were read in, as far as their bytes are to be understood.
struct RejectedUnit {
  LedgerKey key;
  uint64_t plan = 0;
  uint32_t unit = 0;
  std::string name;
  std::string head;  ///< see UnitEntry
  std::string delimiter;
  uint32_t fields = 0;
  std::string hash;
  Stamp stamp;
  uint64_t run = 0;       ///< that made the plan
  bool doubtful = false;  ///< see ReplayOrder
  bool deletions = false;
};

/// A run, as `ingot runs` shows it.
struct RunEntry {
  uint64_t run = 0;
  LedgerKey key;
  uint64_t plan = 0;
  std::string state;  ///< running | done | failed | interrupted ; `running` whose process is gone shows as lost
  int64_t started_at_micros = 0;
  std::optional<int64_t> ended_at_micros;
  uint64_t units = 0;
  uint64_t units_failed = 0;
  uint64_t bytes = 0;
  Books books;
  std::string error;          ///< code and message of the first failure
  std::string seconds_json;   ///< by phase
  uint64_t record_limit = 0;  ///< of its plan
};

/// The `definition` of an incremental model after a full refresh: what it holds of earlier loads is to go.
inline constexpr const char* kRebuild = "rebuild";

/// What the ledger knows of a model.
struct ModelState {
  std::string pipeline;
  std::string model;         ///< its name as the target resolves it
  std::string materialized;  ///< view | table | materialized_view | incremental
  std::string definition;    ///< hash of that with which it was last built, or kRebuild; empty = never
  uint64_t pending_run = 0;  ///< the first run that made it stale since then; 0 = none
};

/// What building a model came to. rows = inserted + updated + unchanged; all are 0 where the target does not say.
struct ModelEntry {
  std::string pipeline;
  std::string model;
  std::string materialized;
  std::string definition;
  uint64_t run = 0;
  uint64_t rows = 0;
  uint64_t inserted = 0;
  uint64_t updated = 0;
  uint64_t unchanged = 0;
  uint64_t deleted = 0;
  double seconds = 0;
};

/// Number of the tables' layout that this Ingot writes and reads.
inline constexpr int kLedgerLayout = 3;

/// Error conflict: a ledger of that layout is not for this Ingot.
Status check_layout(int64_t layout);

/// What has been done: tables in schema `ingot` of the target (docs/ledger.md). One store for each transactional
/// target. Methods that change something run in a transaction of their own; what must commit with the rows is written
/// by Session. Not thread-safe.
class Ledger {
 public:
  virtual ~Ledger() = default;

  /// Is there a ledger in the target? Changes nothing. Error conflict: one of another layout.
  virtual Result<bool> exists() = 0;
  /// Creates schema and tables where they are missing. Error conflict, as above.
  virtual Status create() = 0;

  /// Takes the courtesy lock on (pipeline, target), held until this object dies. Error busy: another run has it; the
  /// message names that run and since when.
  virtual Status claim(const LedgerKey& key) = 0;

  /// Inserts a run in state `running`; returns its number.
  virtual Result<uint64_t> begin_run(const LedgerKey& key) = 0;
  /// Stores a run's end. Called once.
  virtual Status end_run(const RunEntry& run) = 0;

  /// The newest plan of this key, if any.
  virtual Result<std::optional<StoredPlan>> latest_plan(const LedgerKey& key) = 0;
  /// The plan that this run made, if any.
  virtual Result<std::optional<StoredPlan>> plan_made_by(const LedgerKey& key, uint64_t run) = 0;
  /// The columns that were inferred last for a pipeline that declares none, as YAML; nothing where there are none.
  virtual Result<std::optional<std::string>> kept_contract(const LedgerKey& key) = 0;
  /// Tables (`target` of the keys) that this pipeline has loaded anything into.
  virtual Result<std::vector<std::string>> targets_of(const std::string& pipeline) = 0;
  /// Other pipelines that have loaded into this table what was not taken back.
  virtual Result<std::vector<std::string>> others_into(const std::string& target, const std::string& pipeline) = 0;
  /// Units of a plan in listing order, those already loaded left out.
  virtual Result<std::vector<PlannedUnit>> pending_units(const LedgerKey& key, uint64_t plan) = 0;
  /// Inserts plan n+1 with its units, and its contract if it has one, in a transaction that has seen plan n closed (its
  /// row locked). Error busy: somebody else inserted it first.
  virtual Status store_plan(const LedgerKey& key, const StoredPlan& plan, const std::vector<PlannedUnit>& units) = 0;
  /// Closes a plan: afterwards no transaction can commit under it.
  virtual Status close_plan(const LedgerKey& key, uint64_t plan) = 0;

  /// Calls `visit` for the latest version of every path of this key that is loaded, or begun, and was not undone; any
  /// order.
  virtual Status for_each_known(const LedgerKey& key, const std::function<void(KnownUnit)>& visit) = 0;

  /// The models of all pipelines.
  virtual Result<std::vector<ModelState>> models() = 0;
  /// Makes models known that are not yet, as pending since `run`: from here on every commit of their pipeline finds
  /// them, and marks those that hold rows.
  virtual Status register_models(const std::vector<ModelState>& models, uint64_t run) = 0;

  virtual Result<std::vector<RunEntry>> runs(size_t limit) = 0;
  virtual Result<std::optional<RunEntry>> run(uint64_t run) = 0;
  virtual Result<std::vector<UnitEntry>> units_of_run(uint64_t run, size_t limit) = 0;
  /// Rejects, those of the newest run first, of one run in order of unit and offset; `raw` is left empty.
  virtual Result<std::vector<RejectEntry>> rejects(const RejectFilter& filter, size_t limit) = 0;
  /// One reject with its bytes, if there is such a one.
  Result<std::optional<RejectEntry>> reject(uint64_t id);
  /// Groups of rejects, the largest first.
  virtual Result<std::vector<RejectCount>> count_rejects(const RejectFilter& filter, RejectsBy by, size_t limit) = 0;
  /// The units that these rejects were read in, in order of pipeline, target, plan and unit.
  virtual Result<std::vector<RejectedUnit>> units_of_rejects(const RejectFilter& filter) = 0;
  /// Calls `visit` with each reject and its bytes, in order of pipeline, target, root_plan, root_unit and offset, until
  /// it returns an error, which is then returned. Holds one at a time; `visit` must not use the ledger.
  virtual Status for_each_reject(const RejectFilter& filter, const std::function<Status(RejectEntry)>& visit) = 0;
  /// Marks those of the rejects that are open as discarded, and returns how many.
  virtual Result<uint64_t> discard_rejects(const RejectFilter& filter) = 0;
  /// Deletes those of the rejects that are not open, and returns how many. The newest reject stays, lest its number be
  /// given again.
  virtual Result<uint64_t> purge_rejects(const RejectFilter& filter) = 0;

 protected:
  /// Fetches the first rejects of groups, of which only the numbers are known.
  Result<std::vector<RejectCount>> with_firsts(std::vector<RejectCount> counts);
};

}  // namespace ingot
