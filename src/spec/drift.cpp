#include "spec/drift.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/names.h"
#include "spec/options.h"
#include "spec/sections.h"

namespace ingot::spec {

namespace {

void add_rescue(TableSpec& table, const Place& where, Reading& reading) {
  const auto taken = std::find_if(table.columns.begin(), table.columns.end(),
                                  [](const ColumnSpec& c) { return folded_name(c.name) == kRescueColumn; });
  if (taken != table.columns.end()) {
    reading.wrong(taken->where, fmt::format("drift: rescue adds a column of this name: \"{}\"", taken->name),
                  "rename the column");
    return;
  }
  ColumnSpec column;
  column.name = kRescueColumn;
  column.type = Type{Kind::json};
  column.rescue = true;
  column.where = where;
  table.columns.push_back(std::move(column));
}

void allow_columns(Pipeline& pipeline, const Place& where, Reading& reading) {
  if (pipeline.routed)
    reading.wrong(where, "drift: add beside tables:", "which table would a field belong to? Write rescue or ignore");
  if (pipeline.from.format == FormatKind::csv && pipeline.from.csv.header == CsvOptions::Header::absent)
    reading.wrong(where, "drift: add without a header", "fields without names cannot become columns");
  for (TableSpec& table : pipeline.tables) table.alter = std::max(table.alter, Alter::add);
}

}  // namespace

void read_drift(Node& root, Pipeline& pipeline, Reading& reading) {
  const Node* drift = value_of(root, "drift");
  if (drift == nullptr) return;
  pipeline.drift = drift->text == "add"      ? Drift::add
                   : drift->text == "rescue" ? Drift::rescue
                   : drift->text == "reject" ? Drift::reject
                   : drift->text == "fail"   ? Drift::fail
                                             : Drift::ignore;
  if (pipeline.drift != Drift::ignore && pipeline.from.format == FormatKind::fixed)
    reading.wrong(drift->where, "what no column of fixed width takes is no field: \"drift\"");
  if (pipeline.drift == Drift::add) return allow_columns(pipeline, drift->where, reading);
  if (pipeline.drift != Drift::rescue) return;
  const auto child = std::find_if(pipeline.tables.begin(), pipeline.tables.end(),
                                  [](const TableSpec& table) { return table.child.has_value(); });
  if (child != pipeline.tables.end()) {
    return reading.wrong(drift->where,
                         fmt::format("drift: rescue with child tables is not possible yet: \"{}\"", child->name),
                         "take the whole array as one column of type json, or write drift: reject");
  }
  for (TableSpec& table : pipeline.tables) add_rescue(table, drift->where, reading);
}

}  // namespace ingot::spec
