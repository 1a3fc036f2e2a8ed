#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <memory>
#include <string>
#include <vector>

#include "ledger/duckdb/store.h"
#include "target/duckdb/table_info.h"
#include "target/files/folder.h"
#include "target/target.h"

namespace ingot {

/// A folder of files. Its ledger is a DuckDB file, attached as that of a DuckDB target is; there an empty table stands
/// for each of the folder's, with its columns.
class FilesTarget final : public Target {
 public:
  /// `database`: the ledger's file, opened.
  FilesTarget(duckdb::Connection& connection, std::string label, TargetFolder folder, std::unique_ptr<Target> database,
              uint64_t memory_bytes)
      : connection_(connection),
        label_(std::move(label)),
        folder_(std::move(folder)),
        database_(std::move(database)),
        memory_bytes_(memory_bytes) {}

  Result<std::vector<TableShape>> inspect(const Pipeline& pipeline) override;
  Result<Undone> undo(const Undoing& what) override;
  Ledger& ledger() override { return database_->ledger(); }
  Result<std::unique_ptr<Session>> open_session() override;
  std::unique_ptr<ModelDatabase> open_models() override { return database_->open_models(); }
  Result<Findings> examine(const std::vector<TableShape>& tables) override;
  std::string describe() const override { return label_; }

 private:
  Result<TableShape> inspect_table(const TableSpec& spec);
  Status check_existing(const TableSpec& spec, const DuckDbTable& table, TableShape& shape) const;
  Result<std::string> layout_of(const DuckDbTable& table);

  duckdb::Connection& connection_;
  const std::string label_;
  const TargetFolder folder_;
  const std::unique_ptr<Target> database_;
  const uint64_t memory_bytes_;
};

}  // namespace ingot
