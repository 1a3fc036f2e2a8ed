#include "engine/batch_loader.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/crash_point.h"
#include "source/reread.h"

namespace ingot {

namespace {

// A reject's bytes are kept up to this size; its address and length are exact at any size.
constexpr size_t kMaxRawBytes = 16 << 20;

void count(std::map<std::string, Books>& tables, const std::string& table, uint64_t Books::*field, uint64_t n) {
  if (n > 0) tables[table].*field += n;
}

nlohmann::ordered_json to_json(const Books& books) {
  return {{"read", books.read},         {"inserted", books.inserted},   {"updated", books.updated},
          {"unchanged", books.unchanged}, {"filtered", books.filtered}, {"duplicate", books.duplicate},
          {"rejected", books.rejected}};
}

// What the target did with the rows of each unit, by table.
std::vector<std::unordered_map<uint32_t, Books>> placed(const std::vector<LoadResult>& results) {
  std::vector<std::unordered_map<uint32_t, Books>> tables(results.size());
  for (size_t t = 0; t < results.size(); ++t) {
    for (const LoadResult::PerUnit& unit : results[t].units) {
      Books& books = tables[t][unit.unit];
      books.inserted += unit.inserted;
      books.updated += unit.updated;
      books.unchanged += unit.unchanged;
      books.duplicate += unit.duplicate;
    }
    for (const RefusedRow& row : results[t].refused) ++tables[t][row.unit].rejected;
  }
  return tables;
}

void add_to_groups(RejectEntry reject, std::vector<RejectGroup>& groups) {
  auto found = std::find_if(groups.begin(), groups.end(), [&](const RejectGroup& group) {
    return group.code == reject.code && group.field == reject.field && group.example.table == reject.table;
  });
  if (found == groups.end()) {
    reject.raw.clear();
    groups.push_back({0, reject.code, reject.field, reject});
    found = groups.end() - 1;
  }
  ++found->count;
}

std::string to_json_text(const std::map<std::string, Books>& tables) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, books] : tables) json[name] = to_json(books);
  return json.dump();
}

}  // namespace

Status BatchLoader::load(std::vector<BatchUnit> units, RunReport& report) {
  while (!units.empty()) {
    std::vector<FailedUnit> unfit;
    bool again = false;
    const Status status = attempt(units, report, unfit, again);
    for (const FailedUnit& failed : unfit) report.failed.push_back(failed);
    if (!status) return status;
    if (!again) return {};
    std::set<std::string> left_out;
    for (const FailedUnit& failed : unfit) left_out.insert(failed.name);
    std::erase_if(units, [&](const BatchUnit& unit) { return left_out.contains(unit.name); });
  }
  return {};
}

Status BatchLoader::attempt(const std::vector<BatchUnit>& all, RunReport& report, std::vector<FailedUnit>& unfit,
                            bool& again) {
  std::vector<uint32_t> indexes;
  for (const BatchUnit& unit : all) indexes.push_back(unit.unit);
  auto batch = make_batch(context_, all);
  // One unit among others whose records were already on their way: the others are loaded without it.
  const auto leave_out = [&](const Error& error) -> Status {
    const auto& where = error.where;
    const bool by_unit = where && !together_ && error.code != Code::interrupted &&
                         std::any_of(all.begin(), all.end(), [&](const BatchUnit& unit) { return unit.name == where->file; });
    if (!by_unit) return fail(error);
    unfit.push_back({where->file, error, {}});
    again = true;
    return {};
  };
  if (Status prepared = batch->prepare(); !prepared) return leave_out(prepared.error());
  INGOT_ASSIGN(const std::vector<uint32_t> done, session_.begin(claim_, indexes));
  if (!done.empty()) {
    // An earlier process's commit was still in flight when this run made up its mind: its units are loaded.
    session_.rollback();
    std::vector<BatchUnit> rest = all;
    const std::set<uint32_t> loaded(done.begin(), done.end());
    std::erase_if(rest, [&](const BatchUnit& unit) { return loaded.contains(unit.unit); });
    return load(std::move(rest), report);
  }
  std::vector<LoadResult> results;
  std::vector<UnitEntry> entries;
  std::vector<std::map<std::string, Books>> by_table;
  Status status = load_tables(*batch, results);
  if (status) status = close_books(*batch, results, entries, by_table);
  if (!status) {
    session_.rollback();
    return leave_out(status.error());
  }
  // Units that could not be read to their end, none of whose records were passed on, and those with too many rejects.
  bool placed_unfit = false;
  std::map<uint32_t, size_t> overflowing;  // unit → its place in `unfit`
  for (size_t i = 0; i < all.size(); ++i) {
    Error error;
    if (batch->reads()[i].error) {
      unfit.push_back({all[i].name, *batch->reads()[i].error, {}});
    } else if (too_many_rejects(entries[i].books, error)) {
      error.where = Place{all[i].name, 0, 0};
      overflowing.emplace(all[i].unit, unfit.size());
      unfit.push_back({all[i].name, error, {}});
      placed_unfit = true;
    }
  }
  if (placed_unfit) {
    for (RejectEntry& reject : collect_rejects(*batch, results)) {
      const auto found = overflowing.find(reject.unit);
      if (found != overflowing.end()) add_to_groups(std::move(reject), unfit[found->second].examples);
    }
  }
  if (!unfit.empty() && (together_ || placed_unfit)) {
    session_.rollback();
    if (together_) return fail(unfit.front().error);
    again = true;
    return {};
  }
  for (size_t i = all.size(); i-- > 0;) {
    if (!batch->reads()[i].error) continue;
    entries.erase(entries.begin() + static_cast<ptrdiff_t>(i));
    by_table.erase(by_table.begin() + static_cast<ptrdiff_t>(i));
  }
  if (entries.empty()) {  // none could be read
    session_.rollback();
    return {};
  }
  if (entries.empty()) {  // nothing is left that could be committed
    session_.rollback();
    return {};
  }
  crash_point("engine.loaded");
  std::vector<RejectEntry> rejects = collect_rejects(*batch, results);
  status = attach_raw(all, rejects);
  if (status) status = session_.record(entries, rejects);
  crash_point("engine.recorded");
  if (status) {
    status = session_.commit();
    crash_point("engine.committed");
  }
  if (!status) {
    session_.rollback();
    return status;
  }
  add_to_report(report, entries, by_table, std::move(rejects));
  return {};
}

Status BatchLoader::load_tables(Batch& batch, std::vector<LoadResult>& results) {
  const size_t tables = context_.plan.pipeline.tables.size();
  for (size_t t = 0; t < tables; ++t) {
    INGOT_ASSIGN(LoadResult result, session_.load(batch.rows(t)));
    results.push_back(std::move(result));
    crash_point("engine.table_loaded");
  }
  return {};
}

Status BatchLoader::close_books(Batch& batch, const std::vector<LoadResult>& results, std::vector<UnitEntry>& entries,
                                std::vector<std::map<std::string, Books>>& by_table) {
  const auto& units = batch.units();
  const bool routed = context_.plan.pipeline.routed;
  const std::vector<std::unordered_map<uint32_t, Books>> placed_by_table = placed(results);
  for (size_t i = 0; i < units.size(); ++i) {
    const UnitTally& tally = batch.tallies()[i];
    UnitEntry entry;
    entry.unit = units[i].unit;
    entry.name = units[i].name;
    entry.stamp = units[i].stamp;
    entry.hash = batch.reads()[i].hash;
    entry.bytes = batch.reads()[i].bytes;
    entry.books.read = tally.read;
    entry.books.filtered = tally.filtered;
    entry.books.rejected = tally.rejected;
    std::map<std::string, Books> tables;
    for (size_t t = 0; t < results.size(); ++t) {
      const auto& per_table = tally.tables[t];
      const std::string name = context_.shapes[t].name.text();
      count(tables, name, &Books::filtered, per_table.filtered);
      count(tables, name, &Books::rejected, per_table.rejected);
      Books placed;
      if (const auto found = placed_by_table[t].find(entry.unit); found != placed_by_table[t].end()) placed = found->second;
      if (results[t].winners_only) placed.duplicate += per_table.lost;
      tables[name] += placed;
      entry.books += placed;
      auto& sum = tables[name];
      sum.read = sum.inserted + sum.updated + sum.unchanged + sum.filtered + sum.duplicate + sum.rejected;
    }
    if (!entry.books.reconcile()) {
      Error error{Code::books_broken, fmt::format("the counts of {} do not reconcile: {} read, but {} inserted + {} updated + {} "
                                                  "unchanged + {} filtered + {} duplicate + {} rejected",
                                                  entry.name, entry.books.read, entry.books.inserted, entry.books.updated,
                                                  entry.books.unchanged, entry.books.filtered, entry.books.duplicate,
                                                  entry.books.rejected),
                  "nothing of this batch was committed; this is a defect of Ingot or of a trigger in the target: please report it",
                  {}};
      return fail(std::move(error));
    }
    std::erase_if(tables, [](const auto& item) { return item.second.read == 0; });
    if (routed) entry.tables_json = to_json_text(tables);
    entries.push_back(std::move(entry));
    by_table.push_back(std::move(tables));
  }
  return {};
}

std::vector<RejectEntry> BatchLoader::collect_rejects(Batch& batch, const std::vector<LoadResult>& results) const {
  std::vector<RejectEntry> rejects;
  std::map<uint32_t, std::string> names;
  for (const BatchUnit& unit : batch.units()) names[unit.unit] = unit.name;
  for (const DecodeReject& reject : batch.rejects()) {
    RejectEntry entry;
    entry.run = claim_.run;
    entry.unit = reject.unit;
    entry.unit_name = names[reject.unit];
    if (reject.table != DecodeReject::kNoTable) entry.table = context_.shapes[reject.table].name.text();
    entry.offset = reject.offset;
    entry.length = reject.length;
    entry.line = reject.line;
    entry.column = reject.column;
    entry.field = reject.field;
    entry.code = std::string(fault_name(reject.fault));
    entry.detail = reject.detail;
    rejects.push_back(std::move(entry));
  }
  for (size_t t = 0; t < results.size(); ++t) {
    for (const RefusedRow& row : results[t].refused) {
      RejectEntry entry;
      entry.run = claim_.run;
      entry.unit = row.unit;
      entry.unit_name = names[row.unit];
      entry.table = context_.shapes[t].name.text();
      entry.offset = row.offset;
      entry.length = row.length;
      entry.line = row.line;
      entry.field = row.field;
      entry.code = std::string(fault_name(row.fault));
      entry.detail = row.detail;
      rejects.push_back(std::move(entry));
    }
  }
  std::sort(rejects.begin(), rejects.end(), [](const RejectEntry& a, const RejectEntry& b) {
    return std::pair(a.unit, a.offset) < std::pair(b.unit, b.offset);
  });
  return rejects;
}

Status BatchLoader::attach_raw(const std::vector<BatchUnit>& units, std::vector<RejectEntry>& rejects) {
  std::unordered_map<uint32_t, const BatchUnit*> by_index;
  for (const BatchUnit& unit : units) by_index.emplace(unit.unit, &unit);
  for (size_t begin = 0; begin < rejects.size();) {
    size_t end = begin;
    std::vector<ByteRange> ranges;
    for (; end < rejects.size() && rejects[end].unit == rejects[begin].unit; ++end) {
      ranges.push_back({rejects[end].offset, rejects[end].length});
    }
    const BatchUnit* unit = by_index.at(rejects[begin].unit);
    INGOT_ASSIGN(auto raw, reread(source_, Unit{unit->name, unit->path, unit->stamp}, ranges, kMaxRawBytes));
    for (size_t i = begin; i < end; ++i) rejects[i].raw = std::move(raw[i - begin]);
    begin = end;
  }
  return {};
}

bool BatchLoader::too_many_rejects(const Books& books, Error& error) const {
  const RejectLimit& limit = context_.plan.pipeline.max_rejects;
  if (books.rejected == 0) return false;
  const auto by_rate = [&] {
    return books.rejected > limit.floor && static_cast<double>(books.rejected) > *limit.rate * static_cast<double>(books.read);
  };
  const bool over = (limit.count && books.rejected > *limit.count) || (limit.rate && by_rate());
  if (!over) return false;
  error = {Code::too_many_rejects, fmt::format("{} of {} records rejected, more than max_rejects allows", books.rejected, books.read),
           "nothing of this file was loaded. See what is wrong with it, or allow more with --set max_rejects=…", {}};
  return true;
}

void BatchLoader::add_to_report(RunReport& report, const std::vector<UnitEntry>& entries,
                                const std::vector<std::map<std::string, Books>>& by_table, std::vector<RejectEntry> rejects) {
  for (size_t i = 0; i < entries.size(); ++i) {
    ++report.units;
    report.bytes += entries[i].bytes;
    report.books += entries[i].books;
    for (const auto& [name, books] : by_table[i]) {
      auto found = std::find_if(report.tables.begin(), report.tables.end(), [&, n = &name](const auto& t) { return t.first == *n; });
      if (found == report.tables.end()) found = report.tables.insert(report.tables.end(), {name, Books{}});
      found->second += books;
    }
  }
  for (RejectEntry& reject : rejects) add_to_groups(std::move(reject), report.rejects);
}

}  // namespace ingot
