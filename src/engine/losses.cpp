#include "engine/losses.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "engine/pipeline_parts.h"

namespace ingot {

namespace {

constexpr const char* kMayGo = "--full-refresh would delete them for good; give --yes if they may go";

// The first table whose rows would go.
const TableShape* first_replaced(const Replacement& load) {
  for (size_t t = 0; t < load.shapes.size(); ++t) {
    const TableSpec& table = load.pipeline.tables[t];
    const bool replaced = load.refresh || table.clears() || rules_of(table.mode).partitions;
    if (replaced && load.shapes[t].exists) return &load.shapes[t];
  }
  return nullptr;
}

// A trial may replace a trial, nothing else.
Status check_limit(const Replacement& load, const TableShape& table) {
  if (load.record_limit == 0 || (load.latest && load.latest->record_limit > 0)) return {};
  return fail(Code::conflict,
              fmt::format("--limit would replace rows of table {} by those of the first {} records of each file",
                          table.name.text(), load.record_limit),
              "try it in a table of its own: --set to.table=NAME; or give --yes");
}

// Loaded files that are not listed now; standard input never can be.
Status check_gone(const std::set<std::string>& loaded, const std::vector<Unit>& listed) {
  std::set<std::string> gone = loaded;
  for (const Unit& unit : listed) {
    if (unit.name != kStdin) gone.erase(unit.name);
  }
  if (gone.empty()) return {};
  if (gone.contains(kStdin))
    return fail(Code::conflict, "rows were loaded from standard input, which cannot be read again", kMayGo);
  return fail(Code::conflict,
              fmt::format("{} file{} loaded before {} not there any more, first {}", gone.size(),
                          gone.size() == 1 ? "" : "s", gone.size() == 1 ? "is" : "are", *gone.begin()),
              kMayGo);
}

// What a version said before it was closed, or when that was, no file tells.
Status check_history(const Replacement& load) {
  for (size_t t = 0; t < load.shapes.size(); ++t) {
    if (!rules_of(load.pipeline.tables[t].mode).versions || !load.shapes[t].exists) continue;
    return fail(Code::conflict,
                fmt::format("table {} keeps versions, and the files do not say since when", load.shapes[t].name.text()),
                kMayGo);
  }
  return {};
}

Status check_others(const Replacement& load, Ledger& ledger) {
  for (const TableShape& shape : load.shapes) {
    INGOT_ASSIGN(const auto others, ledger.others_into(shape.name.text(), load.key.pipeline));
    if (others.empty()) continue;
    return fail(Code::conflict, fmt::format("table {} has rows of pipeline {}, too", shape.name.text(), others.front()),
                kMayGo);
  }
  return {};
}

}  // namespace

Status check_losses(const Replacement& load, const std::vector<Unit>& listed, Ledger& ledger, bool ledger_exists) {
  const TableShape* table = first_replaced(load);
  if (!table) return {};
  INGOT_TRY(check_limit(load, *table));
  if (!load.refresh || replaces(load.pipeline)) return {};
  INGOT_TRY(check_history(load));
  std::set<std::string> loaded;
  if (ledger_exists) {
    INGOT_TRY(ledger.for_each_known(load.key, [&](const KnownUnit& unit) { loaded.insert(unit.name); }));
    INGOT_TRY(check_others(load, ledger));
  }
  if (loaded.empty()) {
    return fail(Code::conflict,
                fmt::format("table {} exists, and pipeline {} has loaded nothing of what it holds", table->name.text(),
                            load.pipeline.name),
                "--full-refresh would delete its rows for good; give --yes if they may go");
  }
  return check_gone(loaded, listed);
}

}  // namespace ingot
