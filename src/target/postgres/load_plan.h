#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "spec/pipeline.h"
#include "target/postgres/catalog.h"
#include "target/postgres/column_fit.h"

namespace ingot::postgres {

/// A contract's column and where it goes.
struct LoadColumn {
  std::string sql;  ///< quoted name
  Column column;
  ColumnFit fit;
  bool key = false;
  bool declared = true;  ///< by the user: neither lineage nor history
};

/// How rows of one contract are placed in one table.
struct LoadPlan {
  TableInfo table;
  std::vector<LoadColumn> columns;  ///< in the contract's order
  bool keyed = false;
  bool updates = false;              ///< rows that the table holds are changed
  bool tombstones = false;           ///< rows with a flag say that their key's row is to be deleted, or closed
  bool replaces = false;             ///< the table's rows go before those of the load come
  bool versions = false;             ///< rows that differ are closed, and stay
  bool follows_key = false;          ///< of a child table: `key` is the parent's, rows with a flag say which keys came
  std::vector<size_t> partition_by;  ///< indexes into columns
  Keep keep = Keep::last;
  std::vector<size_t> key;              ///< indexes into columns
  std::vector<std::string> key_equals;  ///< the operator for each
  std::optional<size_t> order_by;       ///< index into columns: what makes one record of a key later than another
  size_t valid_from = 0;                ///< with versions: index into columns
  UniqueIndex key_index;                ///< that keyed modes rely on
  bool bytewise_key = true;
  bool casts = false;              ///< a column goes as text and is cast
  bool volatile_defaults = false;  ///< a serial or the like that the contract lacks: the order of rows shows

  /// May batches be loaded ahead of their turn? With a key they are staged. Without one their rows go straight into the
  /// table, unseen until they are committed: where one connection's rows can neither wait for another's nor be judged
  /// by them.
  bool may_load_ahead() const;
  /// Do rows that were staged under the other plan mean the same under this one? The columns are the same.
  bool stages_like(const LoadPlan& other) const;

  /// Is it the key's own index that a row would repeat?
  bool is_key_index(const std::string& constraint) const;

  /// Must rows go by way of a stage, because COPY does not cast, nor write to views or under row-level security?
  bool needs_stage() const { return casts || table.relkind == 'v' || table.row_security; }

  std::string target() const { return table.name.sql(); }
  /// For FROM and UPDATE: without the tables that inherit from it, where the unique index does not reach.
  std::string only() const { return (table.relkind == 'r' ? "ONLY " : "") + target(); }
  /// `"a", "b"`
  std::string column_list() const;
  std::string key_list() const;
};

/// Checks the contract against the table. Errors (target_refused) name table and column, and the cure.
Result<LoadPlan> make_load_plan(TableInfo table, const TableSpec& spec);

/// Statements that create a table for the contract. json becomes `json`, not jsonb: its text is kept as it is.
std::vector<std::string> create_table_sql(const TableName& name, const TableSpec& spec, bool schema_exists);

}  // namespace ingot::postgres
