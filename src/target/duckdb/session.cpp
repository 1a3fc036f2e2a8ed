#include "target/duckdb/session.h"

#include <fmt/format.h>

#include "core/crash_point.h"
#include "core/sql_text.h"
#include "embedded/sql.h"
#include "target/duckdb/probe.h"

namespace ingot {

namespace {

std::string column_list(const TableSpec& spec, const std::string& prefix = "") {
  std::string list;
  for (const ColumnSpec& column : spec.columns) list += (list.empty() ? prefix : ", " + prefix) + quote_identifier(column.name);
  return list;
}

std::string key_list(const TableSpec& spec) {
  std::string list;
  for (const std::string& key : spec.key) list += (list.empty() ? "" : ", ") + quote_identifier(key);
  return list;
}

bool is_key(const TableSpec& spec, const std::string& column) {
  return std::find(spec.key.begin(), spec.key.end(), column) != spec.key.end();
}

std::string same_key(const TableSpec& spec) {
  std::string condition;
  for (const std::string& key : spec.key) condition += fmt::format("{0}t.{1} = s.{1}", condition.empty() ? "" : " AND ", quote_identifier(key));
  return condition;
}

// Do the columns beside the key differ? `false` where there are none.
std::string differs(const TableSpec& spec) {
  std::string condition;
  for (const ColumnSpec& column : spec.columns) {
    if (is_key(spec, column.name)) continue;
    condition += fmt::format("{0}t.{1} IS DISTINCT FROM s.{1}", condition.empty() ? "" : " OR ", quote_identifier(column.name));
  }
  return condition.empty() ? "false" : condition;
}

std::string assignments(const TableSpec& spec) {
  std::string list;
  for (const ColumnSpec& column : spec.columns) {
    if (!is_key(spec, column.name)) list += fmt::format("{0}{1} = s.{1}", list.empty() ? "" : ", ", quote_identifier(column.name));
  }
  return list;
}

LoadResult::PerUnit& of_unit(LoadResult& result, uint32_t unit) {
  for (auto& entry : result.units) {
    if (entry.unit == unit) return entry;
  }
  return result.units.emplace_back(LoadResult::PerUnit{unit, 0, 0, 0, 0});
}

}  // namespace

Result<std::vector<uint32_t>> DuckDbSession::begin(const Claim& claim, const std::vector<uint32_t>& units) {
  claim_ = claim;
  INGOT_TRY(run_sql(connection_, "BEGIN TRANSACTION", Code::target_refused));
  active_ = true;
  auto done = ledger_.check_claim(claim.key, claim.plan, units);
  if (!done) rollback();
  crash_point("duckdb.begun");
  return done;
}

Result<LoadResult> DuckDbSession::load(BatchRows& rows) {
  INGOT_ASSIGN(const auto table, look_up_table(connection_, rows.shape().name));
  if (!table) return fail(Code::target_refused, fmt::format("table {} is gone", rows.shape().name.text()));
  const TableSpec& spec = rows.table();
  const bool upsert = spec.mode == Mode::upsert;
  bool empty = false;
  if (upsert) {
    INGOT_ASSIGN(const int64_t some, query_number(connection_, fmt::format("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT 1)", table->name.sql())));
    empty = some == 0;
  }
  if (!may_refuse(*table, spec, upsert && empty)) return load_direct(rows, upsert);
  return load_staged(rows, *table, may_refuse(*table, spec, upsert));
}

Result<LoadResult> DuckDbSession::load_direct(BatchRows& rows, bool winners_only) {
  LoadResult result;
  result.winners_only = winners_only;
  BatchRows::Options options;
  options.winners_only = winners_only;
  options.ordered = true;
  int64_t inserted = 0;
  INGOT_TRY(rows.read(options, [&](const std::string& select) -> Status {
    INGOT_ASSIGN(inserted, query_number(connection_, fmt::format("INSERT INTO {} ({}) {}", rows.shape().name.sql(), column_list(rows.table()), select),
                                        Code::target_refused));
    return {};
  }));
  if (static_cast<uint64_t>(inserted) != rows.rows()) {
    return fail(Code::books_broken, fmt::format("{} rows were sent to {}, {} were inserted", rows.rows(), rows.shape().name.text(), inserted));
  }
  for (const auto& [unit, count] : rows.rows_by_unit()) result.units.push_back({unit, count, 0, 0, 0});
  crash_point("duckdb.inserted");
  return result;
}

Result<LoadResult> DuckDbSession::load_staged(BatchRows& rows, const DuckDbTable& table, bool constraints) {
  const TableSpec& spec = rows.table();
  LoadResult result;
  BatchRows::Options options;
  options.with_address = true;
  // A last row that a CHECK refuses must not take the good one before it along: then every row is staged.
  options.winners_only = spec.mode == Mode::upsert && !constraints;
  result.winners_only = options.winners_only;
  INGOT_TRY(rows.read(options, [&](const std::string& select) {
    return run_sql(connection_, fmt::format("CREATE OR REPLACE TEMP TABLE ingot_stage AS {}", select), Code::target_refused);
  }));
  crash_point("duckdb.staged");
  if (constraints) {
    INGOT_TRY(probe_row_constraints(connection_, table, spec, result.refused));
    INGOT_TRY(probe_unique_constraints(connection_, table, spec, result.refused));
  }
  if (spec.mode == Mode::append) {
    INGOT_TRY(append_staged(rows, result));
  } else {
    if (!options.winners_only) INGOT_TRY(choose_winners(rows, result));
    INGOT_TRY(merge(rows, result));
  }
  INGOT_TRY(run_sql(connection_, fmt::format("DROP TABLE {}", kStage)));
  crash_point("duckdb.merged");
  return result;
}

Status DuckDbSession::choose_winners(BatchRows& rows, LoadResult& result) {
  const TableSpec& spec = rows.table();
  const std::string losers = fmt::format("SELECT s.__unit, s.__rec FROM {0} s ANTI JOIN (SELECT {1}(__rec) AS __rec FROM {0} GROUP BY {2}) w USING (__rec)",
                                         kStage, spec.keep == Keep::last ? "max" : "min", key_list(spec));
  INGOT_ASSIGN(const auto counts, query_sql(connection_, fmt::format("SELECT __unit, count(*) FROM ({}) GROUP BY 1", losers)));
  for (size_t i = 0; i < counts->RowCount(); ++i) {
    of_unit(result, counts->GetValue(0, i).GetValue<uint32_t>()).duplicate = counts->GetValue(1, i).GetValue<uint64_t>();
  }
  return run_sql(connection_, fmt::format("DELETE FROM {} WHERE __rec IN (SELECT __rec FROM ({}))", kStage, losers));
}

Status DuckDbSession::append_staged(BatchRows& rows, LoadResult& result) {
  INGOT_ASSIGN(const auto counts, query_sql(connection_, fmt::format("SELECT __unit, count(*) FROM {} GROUP BY 1 ORDER BY 1", kStage)));
  uint64_t staged = 0;
  for (size_t i = 0; i < counts->RowCount(); ++i) {
    const auto count = counts->GetValue(1, i).GetValue<uint64_t>();
    of_unit(result, counts->GetValue(0, i).GetValue<uint32_t>()).inserted = count;
    staged += count;
  }
  INGOT_ASSIGN(const int64_t inserted,
               query_number(connection_, fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {2} ORDER BY __rec", rows.shape().name.sql(),
                                                     column_list(rows.table()), kStage), Code::target_refused));
  if (static_cast<uint64_t>(inserted) != staged) return fail(Code::books_broken, fmt::format("{} rows were staged, {} were inserted", staged, inserted));
  return {};
}

Status DuckDbSession::merge(BatchRows& rows, LoadResult& result) {
  const TableSpec& spec = rows.table();
  const std::string target = rows.shape().name.sql();
  INGOT_ASSIGN(const auto books,
               query_sql(connection_, fmt::format("SELECT s.__unit, count(*), count(*) FILTER (t.__there), count(*) FILTER (t.__there AND ({})) FROM {} s LEFT "
                                                  "JOIN (SELECT *, true AS __there FROM {}) t ON {} GROUP BY 1 ORDER BY 1",
                                                  differs(spec), kStage, target, same_key(spec))));
  uint64_t to_update = 0;
  uint64_t to_insert = 0;
  for (size_t i = 0; i < books->RowCount(); ++i) {
    const auto number = [&](size_t column) { return books->GetValue(column, i).GetValue<uint64_t>(); };
    auto& unit = of_unit(result, books->GetValue(0, i).GetValue<uint32_t>());
    unit.inserted = number(1) - number(2);
    unit.updated = number(3);
    unit.unchanged = number(2) - number(3);
    to_update += unit.updated;
    to_insert += unit.inserted;
  }
  if (to_update > 0) {
    INGOT_ASSIGN(const int64_t updated, query_number(connection_, fmt::format("UPDATE {} AS t SET {} FROM {} s WHERE {} AND ({})", target, assignments(spec), kStage,
                                                                              same_key(spec), differs(spec)), Code::target_refused));
    if (static_cast<uint64_t>(updated) != to_update) return fail(Code::books_broken, fmt::format("{} rows were to be updated, {} were", to_update, updated));
  }
  if (to_insert > 0) {
    INGOT_ASSIGN(const int64_t inserted,
                 query_number(connection_, fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} s WHERE NOT EXISTS (SELECT 1 FROM {} t WHERE {}) ORDER BY __rec", target,
                                                       column_list(spec), column_list(spec, "s."), kStage, target, same_key(spec)), Code::target_refused));
    if (static_cast<uint64_t>(inserted) != to_insert) return fail(Code::books_broken, fmt::format("{} rows were to be inserted, {} were", to_insert, inserted));
  }
  return {};
}

Status DuckDbSession::record(const std::vector<UnitEntry>& units, const std::vector<RejectEntry>& rejects) {
  return ledger_.record(claim_.key, claim_.plan, claim_.run, units, rejects);
}

Status DuckDbSession::commit() {
  crash_point("duckdb.before_commit");
  Status status = run_sql(connection_, "COMMIT", Code::target_refused);
  if (status) active_ = false;
  crash_point("duckdb.committed");
  return status;
}

void DuckDbSession::rollback() noexcept {
  if (active_ && connection_.HasActiveTransaction()) (void)run_sql(connection_, "ROLLBACK");
  active_ = false;
}

}  // namespace ingot
