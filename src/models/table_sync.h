#pragma once

#include <string>
#include <vector>

#include "models/build.h"

namespace ingot {

/// Makes a table hold what a query yields. With a key row by row: what is new is inserted, what differs is updated,
/// what is gone is deleted (but from an incremental one), and what is the same is not touched. NULL in a key is a value
/// like any other. The query is run once; its result lies in a temporary table until the transaction ends
/// (docs/decisions/models.md).
class TableSync {
 public:
  TableSync(ModelDatabase& database, const ModelSpec& spec, const TableName& table);

  /// See build_model. The table exists.
  Result<ModelCounts> run();

 private:
  struct Column {
    const ModelColumn& spec;
    RelationColumn there;   ///< in the table
    RelationColumn result;  ///< in the query's result
    std::string sql;        ///< quoted name
    std::string staged;     ///< its name in the stage
    bool key = false;

    /// Of the result, in the table's type.
    std::string value() const;
    /// A condition on the result: which values do not fit?
    std::string inexact(const char* try_cast) const;
  };

  Status read_result();
  Status find_columns();
  Status check_types() const;
  Status check_values();
  Status check_keys();
  Status match();
  Status match_null_keys();
  Status change_rows();
  Status replace_rows();
  Status check_books();

  Result<Column> column_of(const ModelColumn& spec, const std::vector<RelationColumn>& result,
                           const std::vector<RelationColumn>& there) const;
  bool same_name(const std::string& a, const std::string& b) const;
  std::string key_names() const;
  std::string any_key_null(const std::string& prefix) const;
  std::string differs(const std::string& staged, const std::string& there) const;
  std::string insert_sql(const std::string& values) const;

  ModelDatabase& database_;
  const ModelSpec& spec_;
  const TableName table_;
  const std::string target_;  ///< the table, for SQL
  const ModelDatabase::Dialect dialect_;
  std::vector<Column> columns_;  ///< those that come from the query
  std::string result_;           ///< the temporary table of what the query yields
  std::string stage_;            ///< … in the table's types, each row with its place in the table
  uint64_t null_keys_ = 0;       ///< rows of the result with a NULL in their key
  ModelCounts counts_;
};

}  // namespace ingot
