#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <memory>
#include <string>
#include <vector>

#include "ledger/duckdb/store.h"
#include "target/duckdb/table_info.h"
#include "target/target.h"

namespace ingot {

/// A DuckDB file, attached to the engine as database `target` and made the current one of the engine's load connection.
class DuckDbTarget final : public Target {
 public:
  DuckDbTarget(duckdb::Connection& connection, std::string label, std::string file)
      : connection_(connection), label_(std::move(label)), file_(std::move(file)), ledger_(connection) {}
  ~DuckDbTarget() override;

  Result<std::vector<TableShape>> inspect(const Pipeline& pipeline) override;
  Result<Undone> undo(const Undoing& what) override;
  Ledger& ledger() override { return ledger_; }
  Result<std::unique_ptr<Session>> open_session() override;
  std::unique_ptr<ModelDatabase> open_models() override;
  Result<Findings> examine(const std::vector<TableShape>& tables) override;
  std::string describe() const override { return label_; }

 private:
  Result<TableShape> inspect_table(const TableSpec& spec);
  Status check_existing(const TableSpec& spec, const DuckDbTable& table, TableShape& shape);
  static Status check_key(const TableSpec& spec, const DuckDbTable& table);

  duckdb::Connection& connection_;
  const std::string label_;
  const std::string file_;  ///< its path; it may not exist yet
  DuckDbLedger ledger_;
};

}  // namespace ingot
