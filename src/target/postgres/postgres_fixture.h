#pragma once

#include <duckdb.hpp>
#include <memory>
#include <string>
#include <vector>

#include "core/table_name.h"
#include "postgres/database_for_test.h"
#include "target/target.h"

namespace ingot::postgres {

/// Rows for a Session out of an SQL query, for tests. The query yields the contract's columns, then __unit, __rec,
/// __offset, __length, __line.
class QueryRows : public BatchRows {
 public:
  QueryRows(duckdb::Connection& engine, TableSpec spec, TableShape shape, std::string query)
      : engine_(engine), spec_(std::move(spec)), shape_(std::move(shape)), query_(std::move(query)) {}

  Status read(const Options& options, const std::function<Status(const std::string& select)>& consume) override;
  duckdb::Connection& duckdb() override { return engine_; }
  uint64_t stored_bytes() const override { return 0; }
  const TableSpec& table() const override { return spec_; }
  const TableShape& shape() const override { return shape_; }
  uint64_t rows() const override { return rows_; }
  const std::vector<std::pair<uint32_t, uint64_t>>& rows_by_unit() const override { return by_unit_; }

  int reads = 0;                         ///< how often it was read
  std::function<void()> before_consume;  ///< called in each read()

 private:
  duckdb::Connection& engine_;
  TableSpec spec_;
  TableShape shape_;
  std::string query_;
  uint64_t rows_ = 0;
  std::vector<std::pair<uint32_t, uint64_t>> by_unit_;
};

/// Loads into a database of its own through the target's interface.
class PostgresTest : public DatabaseTest {
 protected:
  /// Opens the target; `url` other than the database's for proxies.
  std::unique_ptr<Target> open(const std::string& url = {});
  /// Makes a contract: `columns` as {name, type}, the key's names, mode.
  static TableSpec spec(const std::string& table, const std::vector<std::pair<std::string, std::string>>& columns,
                        std::vector<std::string> key = {}, Keep keep = Keep::last);
  static Result<std::vector<TableShape>> inspect(Target& target, const TableSpec& table);

  struct Loaded {
    Result<LoadResult> result = fail(Code::internal, "not loaded");
    Status committed;
    uint64_t inserted = 0, updated = 0, unchanged = 0, duplicate = 0;
    std::vector<RefusedRow> refused;
    /// `inserted/updated/unchanged/duplicate/refused`
    std::string counts() const;
    /// `rec:detail rec:detail …`, rec being the offset
    std::string refusals() const;
  };
  /// Loads the query's rows under a plan of their own and commits. Query as for QueryRows, without addresses: those are
  /// added, rows being numbered in order of the column "n", which is dropped; "u" is the unit, where there is one.
  Loaded load(const TableSpec& table, const std::string& query);
  static std::string with_address(const std::string& query);

  duckdb::DuckDB engine_db_{nullptr};
  duckdb::Connection engine_{engine_db_};
  uint64_t last_plan_ = 0;
  int last_reads_ = 0;
};

}  // namespace ingot::postgres
