#include "target/duckdb/session.h"

#include <fmt/format.h>

#include "core/clock.h"
#include "core/crash_point.h"
#include "core/sql_text.h"
#include "embedded/key_passes.h"
#include "embedded/paced.h"
#include "embedded/sql.h"
#include "spec/history.h"
#include "target/duckdb/children.h"
#include "target/duckdb/clear.h"
#include "target/duckdb/conditions.h"
#include "target/duckdb/later_records.h"
#include "target/duckdb/merge.h"
#include "target/duckdb/probe.h"
#include "target/full_refresh.h"

namespace ingot {

namespace {

// Up to this size rows lie in the table in the order in which they were read. Keeping that order costs DuckDB half of
// its parallelism, and above all memory (docs/decisions/duckdb-row-order.md).
constexpr uint64_t kOrderedBytes = 32 << 20;

constexpr const char* kLost = "temp.main.ingot_lost";

// Is a column filled by a default that counts, so that the order of rows shows in the values?
bool order_shows(const DuckDbTable& table, const TableSpec& spec) {
  return std::any_of(table.columns.begin(), table.columns.end(), [&](const DuckDbColumn& column) {
    const bool given = std::any_of(spec.columns.begin(), spec.columns.end(), [&](const ColumnSpec& c) {
      return duckdb::StringUtil::CIEquals(c.name, column.name);
    });
    return !given && column.default_sql && column.default_sql->find('(') != std::string::npos;
  });
}

bool keeps_order(const BatchRows& rows, const DuckDbTable& table) {
  return rows.stored_bytes() <= kOrderedBytes || order_shows(table, rows.table());
}

std::string paced(const BatchRows& rows, const std::string& select) {
  return rows.pace() ? paced_sql(select, *rows.pace()) : select;
}

}  // namespace

Result<std::vector<uint32_t>> DuckDbSession::begin(const Claim& claim, const std::vector<uint32_t>& units) {
  claim_ = claim;
  units_ = units;
  recorded_.clear();
  INGOT_TRY(run_sql(connection_, "BEGIN TRANSACTION", Code::target_refused));
  active_ = true;
  auto done = ledger_.check_claim(claim.key, claim.plan, units, claim.part);
  if (!done) rollback();
  crash_point("duckdb.begun");
  return done;
}

Status DuckDbSession::create_tables(const std::vector<std::string>& ddl) {
  for (const std::string& statement : ddl) INGOT_TRY(run_sql(connection_, statement, Code::target_refused));
  crash_point("duckdb.tables_created");
  return {};
}

Result<LoadResult> DuckDbSession::load(BatchRows& rows) {
  INGOT_ASSIGN(const auto table, look_up_table(connection_, rows.shape().name));
  if (!table) return fail(Code::target_refused, fmt::format("table {} is gone", rows.shape().name.text()));
  const TableSpec& spec = rows.table();
  uint64_t cleared = 0;
  if (spec.clears()) {
    INGOT_ASSIGN(cleared, clear_table(connection_, *table));
  } else if (spec.replace_rows && claim_.replay.empty()) {
    INGOT_ASSIGN(cleared, take_back_rows(connection_, *table, claim_, units_));
  }
  if (spec.has_children && spec.keyed() && !rules_of(spec.mode).updates) INGOT_TRY(remember_held(rows, *table));
  INGOT_ASSIGN(LoadResult result, spec.follows_key() ? place_children(rows, *table) : place(rows, *table));
  result.deleted += cleared;
  result.cleared += cleared;
  return result;
}

Result<LoadResult> DuckDbSession::place(BatchRows& rows, const DuckDbTable& table) {
  const TableSpec& spec = rows.table();
  const bool keyed = spec.keyed();
  bool empty = false;
  if (keyed) {
    INGOT_ASSIGN(
        const int64_t some,
        query_number(connection_, fmt::format("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT 1)", table.sql())));
    empty = some == 0;
  }
  const bool replay = keyed && !claim_.replay.empty();
  const bool staged = (keyed && !empty) || spec.delete_when || !spec.partition_by.empty() || !spec.order_by.empty();
  if (!replay && !may_refuse(table, spec, keyed && empty) && !staged) return load_direct(rows, table, keyed);
  return load_staged(rows, table, replay || may_refuse(table, spec, keyed));
}

Result<LoadResult> DuckDbSession::load_direct(BatchRows& rows, const DuckDbTable& table, bool winners_only) {
  LoadResult result;
  result.winners_only = winners_only;
  BatchRows::Options options;
  options.winners_only = winners_only;
  options.ordered = (winners_only && table.has_unique_index()) || keeps_order(rows, table);
  if (!options.ordered) {
    // Each worker fills row groups of its own and leaves one half full at the end. The checkpoint would put those
    // together by compressing all that lie between them anew, in one thread.
    INGOT_TRY(run_sql(connection_, "SET GLOBAL max_vacuum_tasks = 0"));
  }
  int64_t inserted = 0;
  INGOT_TRY(rows.read(options, [&](const std::string& select) -> Status {
    INGOT_ASSIGN(inserted, run_pass(fmt::format("INSERT INTO {} ({}) {}", duckdb_sql(rows.shape().name),
                                                column_list(rows.table()), paced(rows, select))));
    return {};
  }));
  if (static_cast<uint64_t>(inserted) != rows.rows()) {
    return fail(Code::books_broken, fmt::format("{} rows were sent to {}, {} were inserted", rows.rows(),
                                                rows.shape().name.text(), inserted));
  }
  for (const auto& [unit, count] : rows.rows_by_unit()) result.units.push_back({unit, count, 0, 0, 0});
  crash_point("duckdb.inserted");
  return result;
}

Status DuckDbSession::remember_held(BatchRows& rows, const DuckDbTable& table) {
  return rows.read({}, [&](const std::string& select) -> Status {
    INGOT_ASSIGN(const std::string remember, remember_held_keys(rows.table(), table, select));
    const auto held = run_pass(remember);
    return held ? Status{} : fail(held.error());
  });
}

Result<LoadResult> DuckDbSession::place_children(BatchRows& rows, const DuckDbTable& table) {
  const TableSpec& spec = rows.table();
  const bool ordered = keeps_order(rows, table);
  LoadResult result;
  BatchRows::Options options;
  options.with_address = true;
  INGOT_TRY(stage(rows, table, options));
  INGOT_TRY(spec.child->replaced
                ? replace_children(connection_, table, spec, ordered, result)
                : insert_new_children(connection_, table, spec, rows.parent()->table(), ordered, result));
  INGOT_TRY(run_sql(connection_, fmt::format("DROP TABLE {}", kStage)));
  return result;
}

Status DuckDbSession::stage(BatchRows& rows, const DuckDbTable& table, const BatchRows::Options& options) {
  const TableSpec& spec = rows.table();
  std::vector<std::string> names;
  for (const ColumnSpec& column : spec.columns) names.push_back(column.name);
  INGOT_ASSIGN(std::string columns, table.cast_list(names));
  if (spec.delete_when || spec.follows_key()) columns += ", __delete";
  INGOT_TRY(rows.read(options, [&](const std::string& select) -> Status {
    INGOT_TRY(run_pass(fmt::format(
        "CREATE OR REPLACE TEMP TABLE ingot_stage AS SELECT {}, __unit, __rec, __offset, __length, __line FROM ({})",
        columns, paced(rows, select))));
    return {};
  }));
  crash_point("duckdb.staged");
  return {};
}

Result<LoadResult> DuckDbSession::load_staged(BatchRows& rows, const DuckDbTable& table, bool constraints) {
  const TableSpec& spec = rows.table();
  LoadResult result;
  BatchRows::Options options;
  options.with_address = true;
  // A last row that a CHECK refuses must not take the good one before it along: then every row is staged.
  options.winners_only = spec.keyed() && !constraints && spec.order_by.empty();
  result.winners_only = options.winners_only;
  INGOT_TRY(stage(rows, table, options));
  if (!spec.partition_by.empty()) INGOT_TRY(clear_partitions(connection_, table, spec, result));
  if (spec.keyed() && !rules_of(spec.mode).updates) INGOT_TRY(leave_held(rows, result));
  if (!spec.order_by.empty()) INGOT_TRY(leave_outdated(rows, result));
  if (!claim_.replay.empty() && spec.keyed())
    INGOT_TRY(probe_later_records(connection_, spec, duckdb_sql(table.name), claim_.replay, result.refused));
  if (constraints) {
    INGOT_TRY(probe_row_constraints(connection_, table, spec, result.refused));
    INGOT_TRY(probe_unique_constraints(connection_, table, spec, result.refused));
  }
  if (!spec.keyed()) {
    INGOT_TRY(append_staged(rows, keeps_order(rows, table), result));
  } else {
    if (!options.winners_only) INGOT_TRY(choose_winners(rows, result));
    if (rules_of(spec.mode).versions) INGOT_TRY(prepare_versions(rows));
    if (spec.delete_when) INGOT_TRY(bury(connection_, table, spec, result));
    INGOT_TRY(merge_staged(connection_, table, spec, keeps_order(rows, table), result));
  }
  INGOT_TRY(run_sql(connection_, fmt::format("DROP TABLE {}", kStage)));
  crash_point("duckdb.merged");
  return result;
}

Result<int64_t> DuckDbSession::run_pass(const std::string& sql) {
  // A pass means Ingot's functions and DuckDB's, never a macro of the same name that somebody keeps in the file.
  INGOT_TRY(run_sql(connection_, "USE memory.main"));
  away_ = true;
  INGOT_ASSIGN(const int64_t rows, query_number(connection_, sql, Code::target_refused));
  INGOT_TRY(come_back());
  return rows;
}

Status DuckDbSession::come_back() {
  if (!away_) return {};
  INGOT_TRY(run_sql(connection_, "USE target.main"));
  away_ = false;
  return {};
}

// Records whose key the table holds are duplicates before any constraint may refuse them: they are not written.
Status DuckDbSession::leave_held(BatchRows& rows, LoadResult& result) {
  return count_duplicates(fmt::format("SELECT s.__unit, s.__rec FROM {} s WHERE EXISTS (SELECT 1 FROM {} t WHERE {})",
                                      kStage, duckdb_sql(rows.shape().name), same_key(rows.table())),
                          result);
}

// Likewise those that are older than the row that the table holds, by the column that decides.
Status DuckDbSession::leave_outdated(BatchRows& rows, LoadResult& result) {
  const TableSpec& spec = rows.table();
  return count_duplicates(
      fmt::format("SELECT s.__unit, s.__rec FROM {0} s WHERE EXISTS (SELECT 1 FROM {1} t WHERE {2} AND t.{3} > s.{3})",
                  kStage, duckdb_sql(rows.shape().name), same_key(spec), quote_identifier(spec.order_by)),
      result);
}

Status DuckDbSession::choose_winners(BatchRows& rows, LoadResult& result) {
  const TableSpec& spec = rows.table();
  const std::string key = quoted_list(spec.key);
  INGOT_ASSIGN(const int64_t staged, query_number(connection_, fmt::format("SELECT count(*) FROM {}", kStage)));
  const uint64_t passes = key_passes(connection_, static_cast<uint64_t>(staged));
  for (uint64_t pass = 0; pass < passes; ++pass) {
    const std::string those = fmt::format("(SELECT * FROM {} WHERE {})", kStage, in_pass(key, pass, passes));
    // Two groupings by numbers: what max() holds of a struct DuckDB cannot spill.
    const std::string candidates = spec.order_by.empty() ? those
                                                         : fmt::format(
                                                               "(SELECT a.* FROM {0} a SEMI JOIN (SELECT {1}, max({2}) "
                                                               "AS {2} FROM {0} GROUP BY {1}) m USING ({1}, {2}))",
                                                               those, key, quote_identifier(spec.order_by));
    INGOT_TRY(count_duplicates(
        fmt::format(
            "SELECT s.__unit, s.__rec FROM {} s ANTI JOIN (SELECT {}(__rec) AS __rec FROM {} GROUP BY {}) w USING "
            "(__rec)",
            those, spec.keep == Keep::last ? "max" : "min", candidates, key),
        result));
  }
  return {};
}

// Takes rows, given as a SELECT of (__unit, __rec), out of the stage.
Status DuckDbSession::count_duplicates(const std::string& lost, LoadResult& result) {
  INGOT_TRY(run_sql(connection_, fmt::format("CREATE OR REPLACE TEMP TABLE ingot_lost AS {}", lost)));
  INGOT_ASSIGN(const auto counts,
               query_sql(connection_, fmt::format("SELECT __unit, count(*) FROM {} GROUP BY 1", kLost)));
  for (size_t i = 0; i < counts->RowCount(); ++i) {
    result.units.push_back(
        {counts->GetValue(0, i).GetValue<uint32_t>(), 0, 0, 0, counts->GetValue(1, i).GetValue<uint64_t>()});
  }
  INGOT_TRY(run_sql(connection_, fmt::format("DELETE FROM {} WHERE __rec IN (SELECT __rec FROM {})", kStage, kLost)));
  return run_sql(connection_, fmt::format("DROP TABLE {}", kLost));
}

Status DuckDbSession::append_staged(BatchRows& rows, bool ordered, LoadResult& result) {
  INGOT_ASSIGN(const auto counts,
               query_sql(connection_, fmt::format("SELECT __unit, count(*) FROM {} GROUP BY 1 ORDER BY 1", kStage)));
  uint64_t staged = 0;
  for (size_t i = 0; i < counts->RowCount(); ++i) {
    const auto count = counts->GetValue(1, i).GetValue<uint64_t>();
    result.units.push_back({counts->GetValue(0, i).GetValue<uint32_t>(), count, 0, 0, 0});
    staged += count;
  }
  INGOT_ASSIGN(const int64_t inserted,
               query_number(connection_,
                            fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {2}{3}", duckdb_sql(rows.shape().name),
                                        column_list(rows.table()), kStage, ordered ? " ORDER BY __rec" : ""),
                            Code::target_refused));
  if (static_cast<uint64_t>(inserted) != staged)
    return fail(Code::books_broken, fmt::format("{} rows were staged, {} were inserted", staged, inserted));
  return {};
}

// No version begins before the one that it succeeds, whatever the clock said.
Status DuckDbSession::prepare_versions(BatchRows& rows) {
  const TableSpec& spec = rows.table();
  const std::string target = duckdb_sql(rows.shape().name);
  INGOT_TRY(run_sql(connection_, fmt::format("UPDATE {0} AS s SET {1} = t.{1} + to_microseconds(1) FROM {2} t WHERE "
                                             "{3} AND t.{1} >= s.{1}",
                                             kStage, kValidFrom, target, same_key(spec))));
  if (!spec.delete_when) return {};
  // A key that comes back does so no earlier than it went.
  return run_sql(
      connection_,
      fmt::format("UPDATE {0} AS s SET {1} = t.ended FROM (SELECT {2}, max({3}) AS ended FROM {4} SEMI JOIN {0} "
                  "USING ({2}) GROUP BY {2}) t WHERE {5} AND t.ended > s.{1}",
                  kStage, kValidFrom, quoted_list(spec.key), kValidTo, target, joined_key(spec)));
}

Status DuckDbSession::record(const std::vector<UnitEntry>& units, const std::vector<RejectEntry>& rejects) {
  for (const UnitEntry& unit : units) recorded_.push_back(unit.unit);
  INGOT_TRY(ledger_.record(claim_.key, claim_.plan, claim_.run, units, rejects));
  if (!claim_.refresh || units.empty()) return {};
  for (const std::string& statement : forget_earlier_loads(claim_, fmt::format("make_timestamptz({})", now_micros())))
    INGOT_TRY(run_sql(connection_, statement, Code::target_refused));
  crash_point("duckdb.forgotten");
  return {};
}

Status DuckDbSession::commit() {
  crash_point("duckdb.before_commit");
  Status status = run_sql(connection_, "COMMIT", Code::target_refused);
  if (!status && is_committed()) status = {};
  if (status) active_ = false;
  crash_point("duckdb.committed");
  return status;
}

// An interrupt that comes while DuckDB commits is reported as if it had prevented that: the ledger knows.
bool DuckDbSession::is_committed() {
  if (recorded_.empty()) return false;
  if (connection_.HasActiveTransaction()) (void)run_sql(connection_, "ROLLBACK");
  auto done = ledger_.check_claim(claim_.key, claim_.plan, recorded_, claim_.part);
  // Who stops a run interrupts more than once: asked until there is an answer.
  while (!done && done.error().code == Code::interrupted)
    done = ledger_.check_claim(claim_.key, claim_.plan, recorded_, claim_.part);
  return done && done->size() == recorded_.size();
}

void DuckDbSession::rollback() noexcept {
  if (active_ && connection_.HasActiveTransaction()) (void)run_sql(connection_, "ROLLBACK");
  (void)come_back();  // else nothing of this session finds its tables, and says so
  active_ = false;
}

}  // namespace ingot
