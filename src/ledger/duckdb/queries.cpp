#include <fmt/format.h>

#include "embedded/sql.h"
#include "ledger/duckdb/store.h"

namespace ingot {

namespace {

using duckdb::Value;

Books books_of(const std::vector<Value>& row, size_t first) {
  const auto number = [&](size_t i) { return row[first + i].GetValue<uint64_t>(); };
  return {number(0), number(1), number(2), number(3), number(4), number(5), number(6)};
}

std::vector<std::vector<Value>> rows_of(duckdb::MaterializedQueryResult& result) {
  std::vector<std::vector<Value>> rows;
  for (const auto& row : result.Collection().GetRows()) {
    auto& out = rows.emplace_back();
    for (duckdb::idx_t c = 0; c < result.ColumnCount(); ++c) out.push_back(row.GetValue(c));
  }
  return rows;
}

constexpr const char* kBooks = "read, inserted, updated, unchanged, filtered, duplicate, rejected";

// Of the plan that a run worked on; one that was killed has not said which: its own.
constexpr const char* kRecordLimit =
    "coalesce((SELECT max(p.record_limit) FROM ingot.plans p WHERE p.pipeline = r.pipeline AND p.target = r.target AND "
    "(p.plan = r.plan OR r.plan = 0 AND p.run = r.run)), 0)";

}  // namespace

Result<std::vector<RunEntry>> DuckDbLedger::select_runs(const std::string& rest) {
  INGOT_ASSIGN(
      const auto result,
      query_sql(connection_,
                fmt::format("SELECT run, pipeline, target, plan, state, epoch_us(started_at), epoch_us(ended_at), "
                            "units, units_failed, bytes, error, seconds, {}, {} FROM ingot.runs r {}",
                            kBooks, kRecordLimit, rest)));
  std::vector<RunEntry> runs;
  for (const auto& row : rows_of(*result)) {
    RunEntry run;
    run.run = row[0].GetValue<uint64_t>();
    run.key = {row[1].ToString(), row[2].ToString()};
    run.plan = row[3].GetValue<uint64_t>();
    run.state = row[4].ToString();
    // The file belongs to one process at a time: a run that is not ours and has not ended never will.
    if (run.state == "running" && own_run_ != run.run) run.state = "lost";
    run.started_at_micros = row[5].GetValue<int64_t>();
    if (!row[6].IsNull()) run.ended_at_micros = row[6].GetValue<int64_t>();
    run.units = row[7].GetValue<uint64_t>();
    run.units_failed = row[8].GetValue<uint64_t>();
    run.bytes = row[9].GetValue<uint64_t>();
    run.error = row[10].ToString();
    if (!row[11].IsNull()) run.seconds_json = row[11].ToString();
    run.books = books_of(row, 12);
    run.record_limit = row[19].GetValue<uint64_t>();
    runs.push_back(std::move(run));
  }
  for (RunEntry& run : runs) {
    if (run.state != "lost") continue;
    INGOT_TRY(add_up(run));
  }
  return runs;
}

// What a run committed whose end was never written.
Status DuckDbLedger::add_up(RunEntry& run) {
  std::string sums;
  for (const char* part : {"read", "inserted", "updated", "unchanged", "filtered", "duplicate", "rejected"}) {
    sums += fmt::format(", coalesce(sum({}), 0)::BIGINT", part);
  }
  INGOT_ASSIGN(const auto result,
               query_sql(connection_, fmt::format("SELECT count(*) FILTER (complete), coalesce(max(plan), 0), "
                                                  "coalesce(sum(bytes), 0)::BIGINT{} FROM ingot.units "
                                                  "WHERE run = {}",
                                                  sums, run.run)));
  const auto row = rows_of(*result).front();
  run.units = row[0].GetValue<uint64_t>();
  run.plan = row[1].GetValue<uint64_t>();
  run.bytes = row[2].GetValue<uint64_t>();
  run.books = books_of(row, 3);
  return {};
}

Result<std::vector<RunEntry>> DuckDbLedger::runs(size_t limit) {
  return select_runs(fmt::format("ORDER BY run DESC LIMIT {}", limit));
}

Result<std::optional<RunEntry>> DuckDbLedger::run(uint64_t run) {
  INGOT_ASSIGN(auto runs, select_runs(fmt::format("WHERE run = {}", run)));
  if (runs.empty()) return std::optional<RunEntry>();
  return std::optional<RunEntry>(std::move(runs.front()));
}

Result<std::vector<UnitEntry>> DuckDbLedger::units_of_run(uint64_t run, size_t limit) {
  INGOT_ASSIGN(
      const auto result,
      query_sql(connection_,
                fmt::format("SELECT unit, name, hash, size, mtime_ns, ctime_ns, inode, bytes, tables, {}, part, "
                            "from_byte, to_line, complete FROM ingot.units WHERE run = {} ORDER BY unit, part "
                            "LIMIT {}",
                            kBooks, run, limit)));
  std::vector<UnitEntry> units;
  for (const auto& row : rows_of(*result)) {
    UnitEntry unit;
    unit.unit = row[0].GetValue<uint32_t>();
    unit.name = row[1].ToString();
    unit.hash = row[2].ToString();
    unit.stamp = {row[3].GetValue<uint64_t>(), row[4].GetValue<int64_t>(), row[5].GetValue<int64_t>(),
                  row[6].GetValue<uint64_t>()};
    unit.bytes = row[7].GetValue<uint64_t>();
    if (!row[8].IsNull()) unit.tables_json = row[8].ToString();
    unit.books = books_of(row, 9);
    unit.part = row[16].GetValue<uint32_t>();
    unit.from_byte = row[17].GetValue<uint64_t>();
    unit.to_line = row[18].GetValue<uint64_t>();
    unit.complete = row[19].GetValue<bool>();
    units.push_back(std::move(unit));
  }
  return units;
}

}  // namespace ingot
