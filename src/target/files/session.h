#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <string>
#include <vector>

#include "target/duckdb/session.h"
#include "target/files/folder.h"
#include "target/files/partitions.h"

namespace ingot {

/// A transaction on the ledger of a folder. Rows go into files that have no name yet; the transaction says which there
/// are, and after its commit they get their names.
class FilesSession final : public DuckDbSession {
 public:
  FilesSession(duckdb::Connection& connection, DuckDbLedger& ledger, const TargetFolder& folder, uint64_t memory_bytes)
      : DuckDbSession(connection, ledger), folder_(folder), memory_bytes_(memory_bytes) {}

  Result<LoadResult> load(BatchRows& rows) override;
  Status commit() override;
  void rollback() noexcept override;

 private:
  /// A file that is being written.
  struct NewFile {
    uint64_t id = 0;
    std::string folder;  ///< of its partition, below the table's; empty: the table's own
    std::string path;    ///< below the root
    uint64_t rows = 0;
  };

  Result<LoadResult> write_whole(BatchRows& rows, const DuckDbTable& table);
  Result<LoadResult> write_partitions(BatchRows& rows, const DuckDbTable& table);
  Result<uint64_t> write_partition(BatchRows& rows, const DuckDbTable& table, const Partition& partition);
  Result<NewFile> new_file(const BatchRows& rows, const std::string& folder);
  Result<uint64_t> copy(const std::string& select, const std::string& options, const NewFile& file);
  Status keep(const BatchRows& rows, NewFile file);
  Result<uint64_t> supersede(const BatchRows& rows, const std::string& folder);
  uint64_t group_bytes() const;

  const TargetFolder& folder_;
  const uint64_t memory_bytes_;
  std::vector<uint64_t> written_;  ///< ids of this transaction's files
  bool doubtful_ = false;          ///< a COMMIT was tried, and has not succeeded
};

}  // namespace ingot
