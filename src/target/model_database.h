#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/table_name.h"
#include "ledger/ledger.h"

namespace ingot {

/// A column of a table, or of a query's result.
struct RelationColumn {
  std::string name;
  std::string type;  ///< as CAST takes it
  /// N numbers, S texts, D dates and times: within these one type may become another, where the value fits. A type of
  /// any other letter stays what it is.
  char family = 'U';
  bool as_text = false;  ///< told apart as text: the type has no equality, or one that is wider than its bytes
};

/// What a name stands for in the target.
struct Relation {
  enum class Kind : uint8_t { table, view, materialized_view, other };
  Kind kind = Kind::table;
  TableName name;  ///< as resolved
  std::vector<RelationColumn> columns;
};

/// A target as models see it: SQL within one transaction at a time, and what differs between the dialects. Not
/// thread-safe but for cancel().
class ModelDatabase {
 public:
  virtual ~ModelDatabase() = default;

  struct Dialect {
    const char* row_id;    ///< the column by which a row is known while the transaction lasts
    bool nulls_join;       ///< a join on IS NOT DISTINCT FROM is as quick as one on =
    bool indexes_key;      ///< a table that is made for a model has a unique index on its key
    bool folds_names;      ///< names that differ only in case are one
    const char* try_cast;  ///< a cast of which what does not fit becomes NULL, or fails
  };
  virtual Dialect dialect() const = 0;
  /// A table's name for SQL.
  virtual std::string sql(const TableName& name) const = 0;

  /// Looks a name up; nothing where there is none. Within a transaction or without.
  virtual Result<std::optional<Relation>> look_up(const TableName& name) = 0;

  /// Begins the transaction and locks the model's row in the ledger, so that builds of the model, and loads of its
  /// pipeline, follow one another. The model is registered.
  virtual Status begin(const std::string& pipeline, const std::string& model) = 0;
  /// Keeps other writers from a table until the transaction ends.
  virtual Status lock(const TableName& table) = 0;
  /// Runs one statement.
  virtual Status run(const std::string& sql) = 0;
  /// Runs one statement; returns how many rows it changed.
  virtual Result<uint64_t> change(const std::string& sql) = 0;
  /// Runs a query whose result is one row of numbers.
  virtual Result<std::vector<uint64_t>> numbers(const std::string& sql) = 0;
  /// Keeps a query's result in a temporary table, which goes with the transaction; returns its name for SQL.
  virtual Result<std::string> stage(const std::string& name, const std::string& query) = 0;
  virtual Result<std::vector<RelationColumn>> stage_columns(const std::string& name) = 0;
  /// Creates or replaces a view, also by one of other columns.
  virtual Status replace_view(const TableName& name, const std::string& query) = 0;
  /// Writes into the ledger that the model was built.
  virtual Status record(const ModelEntry& entry) = 0;
  virtual Status commit() = 0;
  virtual void rollback() noexcept = 0;

  /// Interrupts what is running; any thread.
  virtual void cancel() noexcept = 0;
};

}  // namespace ingot
