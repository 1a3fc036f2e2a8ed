#include "engine/batch_books.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_map>

namespace ingot {

namespace {

using Positions = std::unordered_map<uint32_t, size_t>;  // of units in their batch

Positions positions_of(const std::vector<BatchUnit>& units) {
  Positions positions(units.size());
  for (size_t i = 0; i < units.size(); ++i) positions.emplace(units[i].unit, i);
  return positions;
}

// What the target did with the rows of each unit, by table and position. What it says of another unit is left out: then
// the books of one that lacks it do not reconcile.
std::vector<std::vector<Books>> placed(const std::vector<LoadResult>& results, const Positions& positions) {
  std::vector<std::vector<Books>> tables(results.size(), std::vector<Books>(positions.size()));
  for (size_t t = 0; t < results.size(); ++t) {
    for (const LoadResult::PerUnit& unit : results[t].units) {
      const auto at = positions.find(unit.unit);
      if (at == positions.end()) continue;
      Books& books = tables[t][at->second];
      books.inserted += unit.inserted;
      books.updated += unit.updated;
      books.unchanged += unit.unchanged;
      books.duplicate += unit.duplicate;
    }
    for (const RefusedRow& row : results[t].refused) {
      if (const auto at = positions.find(row.unit); at != positions.end()) ++tables[t][at->second].rejected;
    }
  }
  return tables;
}

uint64_t sum(const Books& books) {
  return books.inserted + books.updated + books.unchanged + books.filtered + books.duplicate + books.rejected;
}

void append_count(std::string& json, std::string_view name, uint64_t count) {
  if (count == 0) return;
  if (json.back() != '{') json += ',';
  json.append("\"").append(name).append("\":").append(fmt::format_int(count).str());
}

// Counts of zero are left out: a row of a small file is mostly this text.
void append_table(std::string& json, const std::string& quoted_name, const Books& books) {
  if (json.back() != '{') json += ',';
  json.append(quoted_name).append(":{");
  append_count(json, "read", books.read);
  append_count(json, "inserted", books.inserted);
  append_count(json, "updated", books.updated);
  append_count(json, "unchanged", books.unchanged);
  append_count(json, "filtered", books.filtered);
  append_count(json, "duplicate", books.duplicate);
  append_count(json, "rejected", books.rejected);
  json += '}';
}

Error broken(const UnitEntry& unit) {
  const Books& books = unit.books;
  return {
      Code::books_broken,
      fmt::format(
          "the counts of {} do not reconcile: {} read, but {} inserted + {} updated + {} unchanged + {} filtered + {} "
          "duplicate + {} rejected",
          unit.name, books.read, books.inserted, books.updated, books.unchanged, books.filtered, books.duplicate,
          books.rejected),
      "nothing of this batch was committed; this is a defect of Ingot or of a trigger in the target: please report it",
      {}};
}

}  // namespace

void BatchBooks::leave_out(const std::vector<Feed::UnitRead>& reads) {
  size_t kept = 0;
  for (size_t i = 0; i < units.size(); ++i) {
    if (reads[i].error) continue;
    if (kept != i) units[kept] = std::move(units[i]);
    ++kept;
  }
  units.resize(kept);
  if (units.empty()) return;
  units.front().tombstones = tombstones;
  units.front().cleared = cleared;
}

Result<BatchBooks> close_books(const BatchContext& context, const Batch& batch,
                               const std::vector<LoadResult>& results) {
  BatchBooks books;
  books.tables.resize(results.size());
  std::vector<std::string> names;
  for (const TableShape& shape : context.shapes) names.push_back(nlohmann::json(shape.name.text()).dump());
  const bool routed = context.plan.pipeline.routed;
  const auto placed_by_table = placed(results, positions_of(batch.units()));
  for (size_t t = 0; t < results.size(); ++t) {
    books.tables[t].deleted = results[t].deleted;
    books.tombstones += results[t].tombstones;
    books.cleared += results[t].cleared;
  }
  books.units.reserve(batch.units().size());
  for (size_t i = 0; i < batch.units().size(); ++i) {
    const BatchUnit& unit = batch.units()[i];
    const UnitTally& tally = batch.tallies()[i];
    UnitEntry entry;
    entry.unit = unit.unit;
    entry.name = unit.name;
    entry.stamp = unit.stamp;
    entry.hash = batch.reads()[i].hash;
    entry.bytes = batch.reads()[i].bytes;
    entry.part = unit.start.part;
    entry.from_byte = unit.start.byte;
    entry.to_line = batch.reads()[i].line;
    entry.complete = batch.reads()[i].complete;
    entry.books.read = tally.read;
    entry.books.filtered = tally.filtered;
    entry.books.rejected = tally.rejected;
    std::string json = "{";
    for (size_t t = 0; t < results.size(); ++t) {
      Books of_table = placed_by_table[t][i];
      if (results[t].winners_only) of_table.duplicate += tally.tables[t].lost;
      // The books are those of records; a child's rows are counted beside.
      if (!context.plan.composition.tables[t].is_child()) entry.books += of_table;
      of_table.filtered += tally.tables[t].filtered;
      of_table.rejected += tally.tables[t].rejected;
      of_table.read = sum(of_table);
      books.tables[t] += of_table;
      if (routed && of_table.read > 0) append_table(json, names[t], of_table);
    }
    if (!entry.books.reconcile()) return fail(broken(entry));
    if (routed) entry.tables_json = json + "}";
    books.units.push_back(std::move(entry));
  }
  return books;
}

}  // namespace ingot
