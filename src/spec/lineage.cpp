#include "spec/lineage.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/names.h"

namespace ingot {
namespace spec {

namespace {

struct LineageColumn {
  const char* name;
  Kind kind;
  const char* value;
};

constexpr LineageColumn kColumns[] = {
    {kLineageRun, Kind::int64, "meta.run"},
    {kLineageUnit, Kind::int32, "meta.unit_number"},
    {kLineageOffset, Kind::int64, "meta.offset"},
};

}  // namespace
}  // namespace spec

std::string lineage_hint(const std::string& table) {
  std::string statements;
  for (const spec::LineageColumn& column : spec::kColumns) {
    statements += fmt::format("{}ALTER TABLE {} ADD COLUMN {} {};", statements.empty() ? "" : " ", table, column.name,
                              sql_name(Type{column.kind}));
  }
  return statements + " The rows that are there already keep NULL in them";
}

namespace spec {

void add_lineage(TableSpec& table, const Place& where, Reading& reading) {
  for (const LineageColumn& added : kColumns) {
    const auto taken = std::find_if(table.columns.begin(), table.columns.end(),
                                    [&](const ColumnSpec& c) { return folded_name(c.name) == added.name; });
    if (taken != table.columns.end()) {
      reading.wrong(taken->where, fmt::format("lineage adds a column of this name: \"{}\"", taken->name),
                    "rename the column, or remove lineage");
      continue;
    }
    ColumnSpec column;
    column.name = added.name;
    column.type = Type{added.kind};
    column.value = Expression{added.value, where};
    column.lineage = true;
    column.where = where;
    table.columns.push_back(std::move(column));
  }
}

}  // namespace spec
}  // namespace ingot
