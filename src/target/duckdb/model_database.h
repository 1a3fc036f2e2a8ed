#pragma once

// Includes DuckDB.

#include <duckdb.hpp>

#include "ledger/duckdb/store.h"
#include "target/model_database.h"

namespace ingot {

/// Models in the attached file, through the connection that loads.
class DuckDbModelDatabase final : public ModelDatabase {
 public:
  DuckDbModelDatabase(duckdb::Connection& connection, DuckDbLedger& ledger)
      : connection_(connection), ledger_(ledger) {}
  ~DuckDbModelDatabase() override { rollback(); }

  Dialect dialect() const override { return {"rowid", true, false, true, "TRY_CAST"}; }
  std::string sql(const TableName& name) const override;
  Result<std::optional<Relation>> look_up(const TableName& name) override;
  Status begin(const std::string& pipeline, const std::string& model) override;
  Status lock(const TableName&) override { return {}; }  // the file is this process's own
  Status run(const std::string& sql) override;
  Result<uint64_t> change(const std::string& sql) override;
  Result<std::vector<uint64_t>> numbers(const std::string& sql) override;
  Result<std::string> stage(const std::string& name, const std::string& query) override;
  Result<std::vector<RelationColumn>> stage_columns(const std::string& name) override;
  Status replace_view(const TableName& name, const std::string& query) override;
  Status record(const ModelEntry& entry) override { return ledger_.record_model(entry); }
  Status commit() override;
  void rollback() noexcept override;
  void cancel() noexcept override { connection_.Interrupt(); }

 private:
  Result<std::vector<RelationColumn>> describe(const std::string& table);

  duckdb::Connection& connection_;
  DuckDbLedger& ledger_;
  bool active_ = false;
};

}  // namespace ingot
