#include <fmt/format.h>

#include <algorithm>

#include "spec/options.h"
#include "spec/sections.h"

namespace ingot::spec {

namespace {

// A child's rows come and go with its parent's.
bool repeats(const TableSpec& table) { return !table.follows_key() && rules_of(table.mode).repeats; }

bool has_lineage(const TableSpec& table) {
  return std::any_of(table.columns.begin(), table.columns.end(), [](const ColumnSpec& c) { return c.lineage; });
}

void replace_rows(const Node& given, Pipeline& pipeline, Reading& reading) {
  for (TableSpec& table : pipeline.tables) {
    table.replace_rows = true;
    if (!repeats(table)) {
      reading.wrong(given.where, fmt::format("overwritten: replace_rows with mode {}", rules_of(table.mode).name),
                    "what a row looked like before the file's earlier version cannot be brought back: write apply");
    } else if (pipeline.connection.kind == Connection::Kind::files) {
      reading.wrong(given.where, "overwritten: replace_rows into a folder",
                    "no row of a file is deleted: write mode: replace, or load into a database");
    } else if (!has_lineage(table)) {
      reading.wrong(given.where, "overwritten: replace_rows without lineage",
                    "add lineage: true to `to`: it says which rows a file has brought");
    } else if (pipeline.commit == CommitScope::part) {
      reading.wrong(given.where, "overwritten: replace_rows with commit: part",
                    "a file takes the place of its earlier version at once: write commit: unit");
    } else {
      continue;
    }
    return;
  }
}

}  // namespace

void read_overwritten(Node& root, Pipeline& pipeline, Reading& reading) {
  Pipeline::From& from = pipeline.from;
  if (std::any_of(pipeline.tables.begin(), pipeline.tables.end(), repeats)) from.overwritten = Overwritten::refuse;
  Node* mapping = value_of(root, "from");
  if (from.known_by_content && replaces(pipeline)) {
    reading.wrong(value_of(*mapping, "same_content")->where, "same_content: skip with mode replace",
                  "all files are read, whether they are new or not: remove it");
  }
  const Node* given = mapping != nullptr && mapping->is_mapping() ? value_of(*mapping, "overwritten") : nullptr;
  if (given == nullptr) return;
  if (replaces(pipeline)) {
    reading.wrong(given->where, "no effect with mode replace: \"overwritten\"", "all files are read again; remove it");
  }
  from.overwritten = given->text == "apply"    ? Overwritten::apply
                     : given->text == "refuse" ? Overwritten::refuse
                                               : Overwritten::replace_rows;
  if (from.overwritten == Overwritten::replace_rows && from.known_by_content) {
    reading.wrong(given->where, "overwritten: replace_rows with same_content: skip",
                  "whose rows a file's are could not be told: remove one of them");
  }
  if (from.overwritten == Overwritten::replace_rows) replace_rows(*given, pipeline, reading);
}

}  // namespace ingot::spec
