#pragma once

// Includes DuckDB.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "spec/pipeline.h"
#include "transform/compose.h"
#include "transform/expression.h"
#include "transform/slot_table.h"

namespace ingot {

/// An expression over the scan's columns, and the slots that it uses.
struct BoundTree {
  Tree tree;
  std::set<uint16_t> slots;
};

/// Where an expression stands, which decides what its names mean.
struct Scope {
  const TableSpec* table = nullptr;  ///< its columns are visible, its root applies; null: source fields only
  const ColumnSpec* own = nullptr;   ///< the column whose `value` this is: its own name means the source field
};

/// Binds the names of one pipeline's expressions by GRAMMAR's rule: a declared column is that column's final value,
/// anything else a source field's text. Keeps every mistake; a column that has one is reported once, however many
/// others use it.
class Binding {
 public:
  Binding(const Pipeline& pipeline, const MetaValues& meta, duckdb::Connection& connection)
      : pipeline_(pipeline), meta_(meta), connection_(connection) {}

  /// Returns what a column finally holds: its `default` applied, its `value` converted to its type. Of the vector type
  /// of its slot, except json, which is JSON. Null where it has a mistake.
  const BoundTree* final_value(const TableSpec& table, const ColumnSpec& column);

  /// Binds a `where` or `when`. Empty where it has a mistake.
  std::optional<BoundTree> condition(const Expression& expression, const Scope& scope);

  /// Returns the slot of a child table's column that has a value for each element: as a list.
  uint16_t element_slot(const TableSpec& table, const ColumnSpec& column);

  /// The default of a column that has one, in its type.
  Tree default_of(const ColumnSpec& column) const;

  SlotTable& slots() { return slots_; }
  const std::vector<Error>& errors() const { return errors_; }

 private:
  class ScopedNames;
  enum class State { open, done, broken };
  struct Final {
    State state = State::open;
    BoundTree value;
  };

  Result<BoundTree> bind_column(const TableSpec& table, const ColumnSpec& column);
  Result<BoundTree> bind_plain(const TableSpec& table, const ColumnSpec& column);
  Result<BoundTree> bind_value(const TableSpec& table, const ColumnSpec& column);
  Result<Tree> checked_default(const ColumnSpec& column);
  Result<Tree> add_default(Tree tree, const ColumnSpec& column);
  Result<BoundTree> bind(const Expression& expression, const Scope& scope);
  void report(Error error, const Place& where);

  const Pipeline& pipeline_;
  const MetaValues& meta_;
  duckdb::Connection& connection_;
  SlotTable slots_;
  std::map<const ColumnSpec*, Final> finals_;
  std::vector<const ColumnSpec*> open_;  ///< the columns being bound, outermost first
  std::vector<Error> errors_;
};

}  // namespace ingot
