#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <set>
#include <string>
#include <vector>

#include "ledger/duckdb/store.h"
#include "target/duckdb/table_info.h"
#include "target/target.h"

namespace ingot {

/// A transaction on the attached file. DuckDB has no savepoints and a refused row ends the transaction, so nothing is
/// tried: where a constraint could refuse a row, rows are staged in a temporary table and probed by sets first
/// (CORRECTNESS 13).
class DuckDbSession : public Session {
 public:
  DuckDbSession(duckdb::Connection& connection, DuckDbLedger& ledger) : connection_(connection), ledger_(ledger) {}

  Result<std::vector<uint32_t>> begin(const Claim& claim, const std::vector<uint32_t>& units) override;
  Status create_tables(const std::vector<std::string>& ddl) override;
  Result<LoadResult> load(BatchRows& rows) override;
  Status record(const std::vector<UnitEntry>& units, const std::vector<RejectEntry>& rejects) override;
  Status resolve(const std::vector<uint64_t>& rejects) override { return ledger_.resolve(rejects, claim_.run); }
  Status commit() override;
  void rollback() noexcept override;
  void cancel() noexcept override { connection_.Interrupt(); }

 protected:
  /// Runs a statement that holds a pass's SELECT; returns the number of rows.
  Result<int64_t> run_pass(const std::string& sql);

  duckdb::Connection& connection_;
  DuckDbLedger& ledger_;
  Claim claim_;
  std::vector<uint32_t> units_;

 private:
  Status come_back();
  bool is_committed();
  Result<LoadResult> place(BatchRows& rows, const DuckDbTable& table);
  Result<LoadResult> load_direct(BatchRows& rows, const DuckDbTable& table, bool winners_only);
  Status remember_held(BatchRows& rows, const DuckDbTable& table);
  Result<LoadResult> place_children(BatchRows& rows, const DuckDbTable& table);
  Status stage(BatchRows& rows, const DuckDbTable& table, const BatchRows::Options& options);
  Result<LoadResult> load_staged(BatchRows& rows, const DuckDbTable& table, bool constraints);
  Status leave_held(BatchRows& rows, LoadResult& result);
  Status leave_outdated(BatchRows& rows, LoadResult& result);
  Status choose_winners(BatchRows& rows, LoadResult& result);
  Status count_duplicates(const std::string& lost, LoadResult& result);
  Status prepare_versions(BatchRows& rows);
  Status append_staged(BatchRows& rows, bool ordered, LoadResult& result);

  std::vector<uint32_t> recorded_;  ///< units of this transaction
  bool active_ = false;
  bool away_ = false;  ///< the current database is not the target
};

}  // namespace ingot
