#include "spec/history.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/names.h"

namespace ingot {

std::vector<std::string> row_key(const TableSpec& table) {
  std::vector<std::string> columns = table.key;
  if (rules_of(table.mode).versions) columns.emplace_back(kValidFrom);
  return columns;
}

std::string history_hint(const std::string& table) {
  return fmt::format(
      "ALTER TABLE {0} ADD COLUMN {1} timestamptz; ALTER TABLE {0} ADD COLUMN {2} timestamptz; The rows that are there "
      "already are then current, since an unknown time",
      table, kValidFrom, kValidTo);
}

std::string single_version_hint(const TableSpec& table) {
  return fmt::format("drop what makes it unique by {} alone, or load it with mode: upsert", join_names(table.key));
}

namespace spec {

namespace {

void add_column(TableSpec& table, const char* name, const char* value, bool required, Reading& reading) {
  const auto taken = std::find_if(table.columns.begin(), table.columns.end(),
                                  [&](const ColumnSpec& c) { return folded_name(c.name) == name; });
  if (taken != table.columns.end()) {
    reading.wrong(taken->where, fmt::format("mode scd2 adds a column of this name: \"{}\"", taken->name),
                  "rename the column: when a version holds is not taken from the data");
    return;
  }
  ColumnSpec column;
  column.name = name;
  column.type = Type{Kind::timestamptz};
  column.required = required;
  column.value = Expression{value, table.where};
  column.history = true;
  column.where = table.where;
  table.columns.push_back(std::move(column));
}

}  // namespace

void add_history(TableSpec& table, CommitScope commit, Reading& reading) {
  const char* begin =
      commit == CommitScope::run ? "meta.loaded_at" : "meta.loaded_at + to_microseconds(meta.unit_number)";
  add_column(table, kValidFrom, begin, true, reading);
  add_column(table, kValidTo, "null", false, reading);
}

}  // namespace spec
}  // namespace ingot
