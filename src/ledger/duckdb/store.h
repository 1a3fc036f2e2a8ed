#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <memory>
#include <string>
#include <vector>

#include "ledger/ledger.h"

namespace ingot {

/// The ledger in schema `ingot` of an attached DuckDB database (docs/ledger.md). The file belongs to one process at a
/// time, so that there is nobody to be fenced off but this pipeline's own past.
class DuckDbLedger final : public Ledger {
 public:
  /// `connection`: its current database is the one that holds the ledger.
  explicit DuckDbLedger(duckdb::Connection& connection) : connection_(connection) {}

  Result<bool> exists() override;
  Status create() override;
  Status claim(const LedgerKey& key) override;
  Result<uint64_t> begin_run(const LedgerKey& key) override;
  Status end_run(const RunEntry& run) override;
  Result<std::optional<StoredPlan>> latest_plan(const LedgerKey& key) override;
  Result<std::optional<StoredPlan>> plan_made_by(const LedgerKey& key, uint64_t run) override;
  Result<std::optional<std::string>> kept_contract(const LedgerKey& key) override;
  Result<std::vector<std::string>> targets_of(const std::string& pipeline) override;
  Result<std::vector<std::string>> others_into(const std::string& target, const std::string& pipeline) override;
  Result<std::vector<PlannedUnit>> pending_units(const LedgerKey& key, uint64_t plan) override;
  Status store_plan(const LedgerKey& key, const StoredPlan& plan, const std::vector<PlannedUnit>& units) override;
  Status close_plan(const LedgerKey& key, uint64_t plan) override;
  Status for_each_known(const LedgerKey& key, const std::function<void(KnownUnit)>& visit) override;
  Result<std::vector<ModelState>> models() override;
  Status register_models(const std::vector<ModelState>& models, uint64_t run) override;
  Result<std::vector<RunEntry>> runs(size_t limit) override;
  Result<std::optional<RunEntry>> run(uint64_t run) override;
  Result<std::vector<UnitEntry>> units_of_run(uint64_t run, size_t limit) override;
  Result<std::vector<RejectEntry>> rejects(const RejectFilter& filter, size_t limit) override;
  Result<std::vector<RejectCount>> count_rejects(const RejectFilter& filter, RejectsBy by, size_t limit) override;
  Result<std::vector<RejectedUnit>> units_of_rejects(const RejectFilter& filter) override;
  Status for_each_reject(const RejectFilter& filter, const std::function<Status(RejectEntry)>& visit) override;
  Result<uint64_t> discard_rejects(const RejectFilter& filter) override;
  Result<uint64_t> purge_rejects(const RejectFilter& filter) override;

  // Within the caller's transaction:

  /// Is the plan open? Of which of `units` is this part committed already?
  Result<std::vector<uint32_t>> check_claim(const LedgerKey& key, uint64_t plan, const std::vector<uint32_t>& units,
                                            uint32_t part = 0);
  /// Writes the rows that commit with the data, and marks the pipeline's models as pending.
  Status record(const LedgerKey& key, uint64_t plan, uint64_t run, const std::vector<UnitEntry>& units,
                const std::vector<RejectEntry>& rejects);
  /// Marks open rejects as replayed by `run`. Error busy: one is not open any more.
  Status resolve(const std::vector<uint64_t>& rejects, uint64_t run);

  /// Writes that a model was built.
  Status record_model(const ModelEntry& entry);

 private:
  Status keep_contract(const LedgerKey& key, const StoredPlan& plan);
  Status mark_models(const std::string& pipeline, uint64_t run);
  Result<std::optional<StoredPlan>> select_plan(const std::string& rest);
  Result<std::vector<RunEntry>> select_runs(const std::string& rest);
  Status add_up(RunEntry& run);

  duckdb::Connection& connection_;
  std::optional<uint64_t> own_run_;
};

/// The statements that create the ledger.
const std::vector<std::string>& duckdb_ledger_ddl();
/// That which makes the table of inferred columns; a ledger that an earlier Ingot made has none.
const char* duckdb_contracts_ddl();

}  // namespace ingot
