#include "target/duckdb/conditions.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/sql_text.h"
#include "spec/history.h"

namespace ingot {

namespace {

bool is_key(const TableSpec& spec, const std::string& column) {
  return std::find(spec.key.begin(), spec.key.end(), column) != spec.key.end();
}

}  // namespace

std::string column_list(const TableSpec& spec, const std::string& prefix) {
  std::string list;
  for (const ColumnSpec& column : spec.columns)
    list += (list.empty() ? prefix : ", " + prefix) + quote_identifier(column.name);
  return list;
}

std::string joined_key(const TableSpec& spec) {
  std::string condition;
  for (const std::string& key : spec.key)
    condition += fmt::format("{0}t.{1} = s.{1}", condition.empty() ? "" : " AND ", quote_identifier(key));
  return condition;
}

std::string same_key(const TableSpec& spec) {
  return rules_of(spec.mode).versions ? fmt::format("{} AND t.{} IS NULL", joined_key(spec), kValidTo)
                                      : joined_key(spec);
}

std::string differs(const TableSpec& spec) {
  std::string condition;
  for (const ColumnSpec& column : spec.columns) {
    if (is_key(spec, column.name) || !column.declared()) continue;
    // A month equals 30 days, but is not the same.
    const char* as = column.type.kind == Kind::interval ? "::VARCHAR" : "";
    condition += fmt::format("{0}t.{1}{2} IS DISTINCT FROM s.{1}{2}", condition.empty() ? "" : " OR ",
                             quote_identifier(column.name), as);
  }
  return condition.empty() ? "false" : condition;
}

std::string assignments(const TableSpec& spec) {
  if (rules_of(spec.mode).versions) return fmt::format("{} = s.{}", kValidTo, kValidFrom);
  std::string list;
  for (const ColumnSpec& column : spec.columns) {
    if (!is_key(spec, column.name))
      list += fmt::format("{0}{1} = s.{1}", list.empty() ? "" : ", ", quote_identifier(column.name));
  }
  return list;
}

std::string separations(const TableSpec& spec) {
  std::string list;
  for (const ColumnSpec& column : spec.columns) {
    if (column.type.kind != Kind::interval || !rules_of(spec.mode).updates || rules_of(spec.mode).versions) continue;
    list += fmt::format("{0}{1} = CASE WHEN t.{1} = s.{1} THEN t.{1} + to_microseconds(1) ELSE t.{1} END",
                        list.empty() ? "" : ", ", quote_identifier(column.name));
  }
  return list;
}

}  // namespace ingot
