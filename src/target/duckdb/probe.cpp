#include "target/duckdb/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "core/sql_text.h"
#include "embedded/sql.h"
#include "spec/history.h"
#include "target/duckdb/conditions.h"

namespace ingot {

namespace {

using Constraint = DuckDbConstraint::Kind;

bool same_name(const std::string& a, const std::string& b) { return duckdb::StringUtil::CIEquals(a, b); }

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& n) { return same_name(n, name); });
}

const ColumnSpec* find(const TableSpec& spec, const std::string& name) {
  const auto found = std::find_if(spec.columns.begin(), spec.columns.end(),
                                  [&](const ColumnSpec& c) { return same_name(c.name, name); });
  return found == spec.columns.end() ? nullptr : &*found;
}

bool is_own_key(const DuckDbConstraint& constraint, const TableSpec& spec) {
  const std::vector<std::string> own = row_key(spec);
  return spec.keyed() && constraint.columns.size() == own.size() &&
         std::all_of(own.begin(), own.end(), [&](const std::string& k) { return contains(constraint.columns, k); });
}

// What of the stage is to be written: tombstones break no constraint.
std::string written_rows(const TableSpec& spec) {
  return spec.delete_when ? fmt::format("(SELECT * FROM {} WHERE NOT __delete)", kStage) : kStage;
}

// The stage with every column of the table: those that the contract does not fill as their default.
std::string staged_rows(const DuckDbTable& table, const TableSpec& spec) {
  std::string columns;
  for (const DuckDbColumn& column : table.columns) {
    if (find(spec, column.name)) {
      columns += fmt::format("CAST({0} AS {1}) AS {0}, ", quote_identifier(column.name), column.type);
    } else {
      columns += fmt::format("CAST({} AS {}) AS {}, ", column.default_sql.value_or("NULL"), column.type,
                             quote_identifier(column.name));
    }
  }
  return fmt::format("(SELECT {}__unit, __rec, __offset, __length, __line FROM {})", columns, written_rows(spec));
}

RefusedRow refused_row(const duckdb::ColumnDataRow& row, const DuckDbConstraint& constraint) {
  RefusedRow out;
  out.unit = row.GetValue(1).GetValue<uint32_t>();
  out.offset = row.GetValue(2).GetValue<uint64_t>();
  out.length = row.GetValue(3).GetValue<uint64_t>();
  out.line = row.GetValue(4).GetValue<uint64_t>();
  out.fault = Fault::constraint;
  out.detail = constraint.name;
  if (constraint.columns.size() == 1) out.field = constraint.columns.front();
  return out;
}

// Takes the rows for which `condition` holds out of the stage.
Status refuse(duckdb::Connection& connection, const std::string& rows, const std::string& condition,
              const DuckDbConstraint& constraint, std::vector<RefusedRow>& refused) {
  INGOT_ASSIGN(
      const auto found,
      query_sql(connection,
                fmt::format("SELECT __rec, __unit, __offset, __length, __line FROM {} s WHERE {}", rows, condition),
                Code::target_refused));
  if (found->RowCount() == 0) return {};
  std::string records;
  for (const auto& row : found->Collection().GetRows()) {
    refused.push_back(refused_row(row, constraint));
    records += fmt::format("{}{}", records.empty() ? "" : ",", row.GetValue(0).GetValue<uint64_t>());
  }
  return run_sql(connection,
                 fmt::format("DELETE FROM {} WHERE __rec IN (SELECT unnest([{}]::UBIGINT[]))", kStage, records));
}

std::string key_columns(const std::vector<std::string>& columns, const std::string& prefix) {
  std::string list;
  for (const std::string& column : columns) list += (list.empty() ? prefix : ", " + prefix) + quote_identifier(column);
  return list;
}

std::string joined(const std::vector<std::string>& left, const std::vector<std::string>& right) {
  std::string condition;
  for (size_t i = 0; i < left.size(); ++i) {
    condition +=
        fmt::format("{}s.{} = t.{}", i == 0 ? "" : " AND ", quote_identifier(left[i]), quote_identifier(right[i]));
  }
  return condition;
}

std::string all_not_null(const std::vector<std::string>& columns) {
  std::string condition;
  for (const std::string& column : columns)
    condition += fmt::format("{}s.{} IS NOT NULL", condition.empty() ? "" : " AND ", quote_identifier(column));
  return condition;
}

// Is the row `t` that holds a value no hindrance to the record `s`? One of its own key will have the record's values;
// where versions are kept it stays as it is, and only a record that is the same writes nothing.
std::string gives_way(const TableSpec& spec) {
  return rules_of(spec.mode).versions ? fmt::format("{} AND NOT ({})", same_key(spec), differs(spec)) : same_key(spec);
}

}  // namespace

bool may_refuse(const DuckDbTable& table, const TableSpec& spec, bool key_is_resolved) {
  return std::any_of(table.constraints.begin(), table.constraints.end(), [&](const DuckDbConstraint& constraint) {
    if (constraint.kind == Constraint::not_null) {
      const ColumnSpec* column = find(spec, constraint.columns.front());
      return column && !column->required && !contains(spec.key, column->name);
    }
    if (constraint.kind == Constraint::unique || constraint.kind == Constraint::primary_key)
      return !(key_is_resolved && is_own_key(constraint, spec));
    return true;
  });
}

Status probe_row_constraints(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec,
                             std::vector<RefusedRow>& refused) {
  const std::string rows = staged_rows(table, spec);
  for (const DuckDbConstraint& constraint : table.constraints) {
    if (constraint.kind == Constraint::not_null || constraint.kind == Constraint::primary_key) {
      for (const std::string& column : constraint.columns) {
        if (!find(spec, column)) continue;  // its default fills it
        DuckDbConstraint of_column = constraint;
        of_column.columns = {column};
        if (constraint.kind == Constraint::not_null) of_column.name = "NOT NULL";
        INGOT_TRY(refuse(connection, rows, fmt::format("s.{} IS NULL", quote_identifier(column)), of_column, refused));
      }
    } else if (constraint.kind == Constraint::check) {
      INGOT_TRY(refuse(connection, rows, fmt::format("NOT ({})", constraint.expression), constraint, refused));
    } else if (constraint.kind == Constraint::foreign_key) {
      const bool filled = std::all_of(constraint.columns.begin(), constraint.columns.end(),
                                      [&](const std::string& c) { return find(spec, c); });
      if (!filled) continue;
      const TableName referenced{table.name.schema, constraint.referenced_table};
      std::string present = fmt::format("EXISTS (SELECT 1 FROM {} t WHERE {})", duckdb_sql(referenced),
                                        joined(constraint.columns, constraint.referenced_columns));
      if (same_name(constraint.referenced_table, table.name.table)) {
        // A row may also refer to one that stands before it in the same load.
        present += fmt::format(" OR EXISTS (SELECT 1 FROM {} t WHERE {} AND t.__rec <= s.__rec)", written_rows(spec),
                               joined(constraint.columns, constraint.referenced_columns));
      }
      INGOT_TRY(refuse(connection, rows, fmt::format("{} AND NOT ({})", all_not_null(constraint.columns), present),
                       constraint, refused));
    }
  }
  return {};
}

Status probe_unique_constraints(duckdb::Connection& connection, const DuckDbTable& table, const TableSpec& spec,
                                std::vector<RefusedRow>& refused) {
  std::vector<const DuckDbConstraint*> constraints;
  for (const DuckDbConstraint& constraint : table.constraints) {
    const bool unique = constraint.kind == Constraint::unique || constraint.kind == Constraint::primary_key;
    const bool filled = std::all_of(constraint.columns.begin(), constraint.columns.end(),
                                    [&](const std::string& c) { return find(spec, c); });
    if (unique && filled && !is_own_key(constraint, spec)) constraints.push_back(&constraint);
  }
  if (constraints.empty()) return {};
  // For each constraint: does the target hold the value, and how many staged rows do? Rows about which neither is
  // interesting need no second look; the others are applied one after the other.
  std::string columns;
  std::string interesting;
  for (size_t i = 0; i < constraints.size(); ++i) {
    const auto& names = constraints[i]->columns;
    std::string other = fmt::format("EXISTS (SELECT 1 FROM {} t WHERE {}", table.sql(), joined(names, names));
    if (spec.keyed()) other += fmt::format(" AND NOT ({})", gives_way(spec));
    other += ")";
    columns += fmt::format(
        ", {0} AS held{1}, CASE WHEN {2} THEN dense_rank() OVER (ORDER BY {3}) ELSE 0 END AS group{1}, CASE WHEN {2} "
        "THEN "
        "count(*) OVER (PARTITION BY {3}) ELSE 0 END AS size{1}",
        other, i, all_not_null(names), key_columns(names, "s."));
    interesting += fmt::format("{}held{} OR size{} > 1", i == 0 ? "" : " OR ", i, i);
  }
  std::string key = spec.keyed() ? fmt::format(", dense_rank() OVER (ORDER BY {}) AS own", key_columns(spec.key, "s."))
                                 : ", 0 AS own";
  INGOT_ASSIGN(const auto suspects, query_sql(connection,
                                              fmt::format("SELECT * FROM (SELECT s.__rec, s.__unit, s.__offset, "
                                                          "s.__length, s.__line{}{} FROM {} s) WHERE {} ORDER BY __rec",
                                                          key, columns, written_rows(spec), interesting),
                                              Code::target_refused));
  std::vector<std::unordered_map<int64_t, int64_t>> taken(
      constraints.size());  // group → own key of the row that has it
  std::string records;
  for (const auto& row : suspects->Collection().GetRows()) {
    const auto own = row.GetValue(5).GetValue<int64_t>();
    const DuckDbConstraint* violated = nullptr;
    for (size_t i = 0; i < constraints.size() && !violated; ++i) {
      const bool held = row.GetValue(6 + 3 * i).GetValue<bool>();
      const auto group = row.GetValue(7 + 3 * i).GetValue<int64_t>();
      const auto holder = taken[i].find(group);
      const bool repeated = group != 0 && holder != taken[i].end() && (!spec.keyed() || holder->second != own);
      if (held || repeated) violated = constraints[i];
    }
    if (violated) {
      refused.push_back(refused_row(row, *violated));
      records += fmt::format("{}{}", records.empty() ? "" : ",", row.GetValue(0).GetValue<uint64_t>());
      continue;
    }
    for (size_t i = 0; i < constraints.size(); ++i) {
      if (const auto group = row.GetValue(7 + 3 * i).GetValue<int64_t>(); group != 0) taken[i].emplace(group, own);
    }
  }
  if (records.empty()) return {};
  return run_sql(connection,
                 fmt::format("DELETE FROM {} WHERE __rec IN (SELECT unnest([{}]::UBIGINT[]))", kStage, records));
}

}  // namespace ingot
