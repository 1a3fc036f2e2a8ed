#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "core/error.h"

namespace ingot {

/// The folder of a connection: a folder for each table, and `_ingot` with the ledger and with files that are written
/// and have no name yet. What the tables hold is said by `ingot.files` in the ledger; a file gets its name after the
/// commit that says so, by whoever comes first: the process that committed, or the next one that opens the folder
/// (docs/decisions/file-targets.md). One process at a time, which DuckDB's lock on the ledger sees to.
class TargetFolder {
 public:
  explicit TargetFolder(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path table(const std::string& name) const { return root_ / name; }
  std::filesystem::path ledger() const { return root_ / "_ingot" / "ledger.duckdb"; }
  /// Where the file with this number in the ledger is written.
  std::filesystem::path staged(uint64_t id) const;

  /// Makes what the ledger and staged files need.
  Status prepare() const;

  /// Publishes what is committed: gives files their names, and removes those that are obsolete. Not within a
  /// transaction. May be repeated, whatever part of it was done. Error target_refused: a file is gone that was
  /// committed; said once.
  Status settle(duckdb::Connection& connection) const;

  /// Removes what no commit knows of. After settle(); nobody else writes.
  Status sweep() const;

 private:
  Status publish(duckdb::Connection& connection) const;
  Status remove_obsolete(duckdb::Connection& connection) const;
  Status sync_names(const std::vector<std::filesystem::path>& files) const;

  std::filesystem::path root_;
};

/// The statement that makes `ingot.files`, where it is missing.
const char* files_table_ddl();

}  // namespace ingot
