#include "target/duckdb/alter.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/sql_text.h"
#include "target/widening.h"

namespace ingot {

namespace {

// What parse_type() takes for another type.
Result<Type> type_of(const std::string& column_type) {
  if (column_type == "FLOAT") return Type{Kind::float32};
  return parse_type(column_type);
}

// As the catalog writes it.
std::string stored_type(const Type& type) {
  switch (type.kind) {
    case Kind::text:
      return "VARCHAR";
    case Kind::float32:
      return "FLOAT";
    case Kind::float64:
      return "DOUBLE";
    case Kind::decimal:
      return fmt::format("DECIMAL({},{})", type.precision, type.scale);
    case Kind::timestamptz:
      return "TIMESTAMP WITH TIME ZONE";
    case Kind::binary:
      return "BLOB";
    case Kind::array:
      return stored_type(element_type(type)) + "[]";
    default:
      return duckdb::StringUtil::Upper(duckdb_column_type(type));
  }
}

/// Alters one table, for the time being in thought.
class DuckDbAlteration {
 public:
  DuckDbAlteration(DuckDbTable& table, const TableSpec& spec) : table_(table), spec_(spec) {}

  Result<std::vector<std::string>> plan() {
    for (const ColumnSpec& column : spec_.columns) INGOT_TRY(rename(column));
    for (const ColumnSpec& column : spec_.columns) {
      if (DuckDbColumn* there = find(column.name)) {
        INGOT_TRY(widen(column, *there));
      } else if (spec_.alter != Alter::none) {
        INGOT_TRY(add(column));
      }
    }
    return std::move(statements_);
  }

 private:
  DuckDbColumn* find(const std::string& name) {
    const auto found = std::find_if(table_.columns.begin(), table_.columns.end(),
                                    [&](const DuckDbColumn& c) { return duckdb::StringUtil::CIEquals(c.name, name); });
    return found == table_.columns.end() ? nullptr : &*found;
  }

  void say(const std::string& action) {
    statements_.push_back(fmt::format("ALTER TABLE {} {}", table_.name.sql(), action));
  }

  // DuckDB changes no column of a table on which an index lies.
  Status check_indexes(const ColumnSpec& column, const char* what) const {
    using Kind = DuckDbConstraint::Kind;
    for (const DuckDbConstraint& constraint : table_.constraints) {
      const bool index = constraint.kind == Kind::unique || constraint.kind == Kind::primary_key ||
                         constraint.kind == Kind::foreign_key;
      if (!index) continue;
      return fail({Code::target_refused,
                   fmt::format("table {}, column {}: DuckDB cannot {} it while the table has an index: {}",
                               table_.name.text(), column.name, what, constraint.name),
                   "make the table anew without it: CREATE TABLE … AS FROM …", column.where});
    }
    return {};
  }

  Status rename(const ColumnSpec& column) {
    DuckDbColumn* old = column.was.empty() ? nullptr : find(column.was);
    if (old == nullptr) return {};
    if (find(column.name) != nullptr) return fail(both_exist(column, table_.name.text()));
    INGOT_TRY(check_indexes(column, "rename"));
    say(fmt::format("RENAME COLUMN {} TO {}", quote_identifier(old->name), quote_identifier(column.name)));
    for (DuckDbConstraint& constraint : table_.constraints)
      std::replace(constraint.columns.begin(), constraint.columns.end(), old->name, column.name);
    old->name = column.name;
    return {};
  }

  Status add(const ColumnSpec& column) {
    INGOT_TRY(check_addable(spec_, column, table_.name.text()));
    DuckDbColumn added;
    added.name = column.name;
    added.type = stored_type(column.type);
    say(fmt::format("ADD COLUMN {} {}", quote_identifier(column.name), duckdb_column_type(column.type)));
    table_.columns.push_back(std::move(added));
    return {};
  }

  Status widen(const ColumnSpec& column, DuckDbColumn& there) {
    if (there.generated || !to_be_widened(type_of(there.type), column, spec_)) return {};
    INGOT_TRY(check_indexes(column, "widen"));
    say(fmt::format("ALTER COLUMN {} TYPE {}", quote_identifier(there.name), duckdb_column_type(column.type)));
    there.type = stored_type(column.type);
    return {};
  }

  DuckDbTable& table_;
  const TableSpec& spec_;
  std::vector<std::string> statements_;
};

}  // namespace

Result<std::vector<std::string>> alter_table(DuckDbTable& table, const TableSpec& spec) {
  return DuckDbAlteration(table, spec).plan();
}

bool holds_enum(const std::string& column_type, const ColumnSpec& column) {
  if (!column.form || column.form->labels.empty() || !column_type.starts_with("ENUM(")) return false;
  return std::all_of(column.form->labels.begin(), column.form->labels.end(), [&](const std::string& label) {
    return column_type.find(quote_literal(label)) != std::string::npos;
  });
}

}  // namespace ingot
