#pragma once

#include <cstdint>
#include <duckdb.hpp>
#include <memory>
#include <string>

#include "core/error.h"
#include "embedded/sql.h"

namespace ingot {

/// What a run may use.
struct Resources {
  uint64_t memory_bytes = uint64_t{1} << 30;  ///< bound on the process's RSS
  unsigned threads = 0;                       ///< 0 = one a processor
  std::string temp_dir;                       ///< for spilling; files there are private to the process
};

/// The embedded DuckDB: in memory, with Ingot's functions, spilling to `temp_dir`. Two connections: `load` belongs to
/// the target and may be in its transaction; `work` is for everything else.
class EngineDatabase {
 public:
  static Result<std::unique_ptr<EngineDatabase>> open(const Resources& resources);

  /// Two more connections to the same database: for who works beside.
  Result<std::unique_ptr<EngineDatabase>> beside() const;

  duckdb::Connection& load() { return *load_; }
  duckdb::Connection& work() { return *work_; }

 private:
  explicit EngineDatabase(std::shared_ptr<duckdb::DuckDB> database) : database_(std::move(database)) {}
  Status connect();

  std::shared_ptr<duckdb::DuckDB> database_;
  std::unique_ptr<duckdb::Connection> load_;
  std::unique_ptr<duckdb::Connection> work_;
};

}  // namespace ingot
