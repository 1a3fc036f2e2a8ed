#include "ledger/duckdb/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/clock.h"
#include "core/crash_point.h"
#include "core/sql_text.h"
#include "embedded/sql.h"

namespace ingot {

namespace {

using duckdb::Value;

std::string where_key(const LedgerKey& key) {
  return fmt::format("pipeline = {} AND target = {}", quote_literal(key.pipeline), quote_literal(key.target));
}

std::string timestamp(int64_t micros) { return fmt::format("make_timestamptz({})", micros); }

Value timestamp_value(int64_t micros) { return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(micros)); }

// Runs `work` in a transaction of its own.
template <class Work>
Status transact(duckdb::Connection& connection, Work work) {
  INGOT_TRY(run_sql(connection, "BEGIN TRANSACTION"));
  Status status = work();
  if (status) status = run_sql(connection, "COMMIT", Code::target_refused);
  if (!status && connection.HasActiveTransaction()) (void)run_sql(connection, "ROLLBACK");
  return status;
}

// Appends rows quickly, within the connection's transaction if there is one. DuckDB's exceptions stop here.
template <class Fill>
Status append(duckdb::Connection& connection, const char* table, Fill fill) {
  try {
    duckdb::Appender appender(connection, "ingot", table);
    fill(appender);
    appender.Close();
    return {};
  } catch (const std::exception& exception) {
    return fail(error_of(duckdb::ErrorData(exception), Code::target_refused));
  }
}

void append_stamp(duckdb::Appender& appender, const Stamp& stamp) {
  appender.Append<int64_t>(static_cast<int64_t>(stamp.size));
  appender.Append<int64_t>(stamp.mtime_ns);
  appender.Append<int64_t>(stamp.ctime_ns);
  appender.Append<uint64_t>(stamp.inode);
}

void append_text(duckdb::Appender& appender, const std::string& text) { appender.Append(Value(text)); }

void append_number(duckdb::Appender& appender, uint64_t number) {
  appender.Append<int64_t>(static_cast<int64_t>(number));
}

void append_books(duckdb::Appender& appender, const Books& books) {
  for (uint64_t n :
       {books.read, books.inserted, books.updated, books.unchanged, books.filtered, books.duplicate, books.rejected}) {
    append_number(appender, n);
  }
}

}  // namespace

Result<bool> DuckDbLedger::exists() {
  INGOT_ASSIGN(const int64_t tables,
               query_number(connection_,
                            "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND "
                            "schema_name = 'ingot' AND table_name IN ('version', 'plans', 'units')"));
  if (tables < 3) return false;
  INGOT_ASSIGN(const int64_t layout, query_number(connection_, "SELECT max(version) FROM ingot.version"));
  INGOT_TRY(check_layout(layout));
  return true;
}

Status DuckDbLedger::create() {
  INGOT_ASSIGN(const bool there, exists());
  if (there) return {};
  INGOT_TRY(transact(connection_, [&]() -> Status {
    for (const std::string& statement : duckdb_ledger_ddl())
      INGOT_TRY(run_sql(connection_, statement, Code::target_refused));
    return {};
  }));
  crash_point("ledger.created");
  return {};
}

Status DuckDbLedger::claim(const LedgerKey&) { return {}; }

Result<uint64_t> DuckDbLedger::begin_run(const LedgerKey& key) {
  INGOT_ASSIGN(const int64_t run, query_number(connection_, "SELECT nextval('ingot.run_ids')"));
  INGOT_TRY(run_sql(connection_,
                    fmt::format("INSERT INTO ingot.runs VALUES ({}, {}, {}, 0, 'running', {}, NULL, 0, 0, 0, 0, 0, "
                                "0, 0, 0, 0, 0, '', NULL)",
                                run, quote_literal(key.pipeline), quote_literal(key.target), timestamp(now_micros())),
                    Code::target_refused));
  own_run_ = static_cast<uint64_t>(run);
  return static_cast<uint64_t>(run);
}

Status DuckDbLedger::end_run(const RunEntry& run) {
  const Books& books = run.books;
  return run_sql(
      connection_,
      fmt::format(
          "UPDATE ingot.runs SET plan = {}, state = {}, ended_at = {}, units = {}, units_failed = {}, bytes = {}, "
          "read = {}, inserted = {}, updated = {}, unchanged = {}, filtered = {}, duplicate = {}, rejected = {}, "
          "error = {}, seconds = {} WHERE run = {}",
          run.plan, quote_literal(run.state), timestamp(run.ended_at_micros.value_or(now_micros())), run.units,
          run.units_failed, run.bytes, books.read, books.inserted, books.updated, books.unchanged, books.filtered,
          books.duplicate, books.rejected, quote_literal(run.error), quote_literal(run.seconds_json), run.run),
      Code::target_refused);
}

Result<std::optional<StoredPlan>> DuckDbLedger::latest_plan(const LedgerKey& key) {
  return select_plan(fmt::format("WHERE {} ORDER BY plan DESC LIMIT 1", where_key(key)));
}

Result<std::optional<StoredPlan>> DuckDbLedger::plan_made_by(const LedgerKey& key, uint64_t run) {
  return select_plan(fmt::format("WHERE {} AND run = {}", where_key(key), run));
}

Result<std::optional<StoredPlan>> DuckDbLedger::select_plan(const std::string& rest) {
  INGOT_ASSIGN(const auto rows,
               query_sql(connection_,
                         "SELECT plan, run, pipeline_hash, epoch_us(loaded_at), closed_at IS NULL, unit_count, kind, "
                         "coalesce(record_limit, 0) FROM ingot.plans " +
                             rest));
  if (rows->RowCount() == 0) return std::optional<StoredPlan>();
  StoredPlan plan;
  plan.plan = rows->GetValue(0, 0).GetValue<uint64_t>();
  plan.run = rows->GetValue(1, 0).GetValue<uint64_t>();
  plan.pipeline_hash = rows->GetValue(2, 0).ToString();
  plan.loaded_at_micros = rows->GetValue(3, 0).GetValue<int64_t>();
  plan.open = rows->GetValue(4, 0).GetValue<bool>();
  plan.unit_count = rows->GetValue(5, 0).GetValue<uint64_t>();
  plan.kind = rows->GetValue(6, 0).ToString();
  plan.record_limit = rows->GetValue(7, 0).GetValue<uint64_t>();
  return std::optional<StoredPlan>(plan);
}

Result<std::vector<std::string>> DuckDbLedger::targets_of(const std::string& pipeline) {
  INGOT_ASSIGN(const auto rows,
               query_sql(connection_, fmt::format("SELECT target FROM ingot.units WHERE pipeline = {} GROUP BY 1 "
                                                  "ORDER BY max(committed_at) DESC",
                                                  quote_literal(pipeline))));
  std::vector<std::string> targets;
  for (size_t i = 0; i < rows->RowCount(); ++i) targets.push_back(rows->GetValue(0, i).ToString());
  return targets;
}

Result<std::vector<std::string>> DuckDbLedger::others_into(const std::string& target, const std::string& pipeline) {
  INGOT_ASSIGN(const auto rows,
               query_sql(connection_, fmt::format("SELECT DISTINCT pipeline FROM ingot.units WHERE target = {} AND "
                                                  "pipeline <> {} AND undone_by IS NULL ORDER BY 1",
                                                  quote_literal(target), quote_literal(pipeline))));
  std::vector<std::string> pipelines;
  for (size_t i = 0; i < rows->RowCount(); ++i) pipelines.push_back(rows->GetValue(0, i).ToString());
  return pipelines;
}

Result<std::vector<PlannedUnit>> DuckDbLedger::pending_units(const LedgerKey& key, uint64_t plan) {
  INGOT_ASSIGN(const auto rows,
               query_sql(connection_,
                         fmt::format("SELECT unit, name, size, mtime_ns, ctime_ns, inode, hash FROM ingot.plan_units p "
                                     "WHERE {0} AND plan = {1} AND NOT EXISTS (SELECT 1 FROM ingot.units u WHERE "
                                     "u.pipeline = p.pipeline AND u.target = p.target AND u.plan = p.plan AND u.unit = "
                                     "p.unit AND u.complete) ORDER BY unit",
                                     where_key(key), plan)));
  INGOT_ASSIGN(const auto parts,
               query_sql(connection_, fmt::format("SELECT unit, part, to_byte, to_line, hash FROM ingot.units WHERE {} "
                                                  "AND plan = {} AND NOT complete ORDER BY unit, part",
                                                  where_key(key), plan)));
  std::unordered_map<uint32_t, PartEnd> begun;
  for (const auto& row : parts->Collection().GetRows()) {
    begun[row.GetValue(0).GetValue<uint32_t>()] = {row.GetValue(1).GetValue<uint32_t>(),
                                                   row.GetValue(2).GetValue<uint64_t>(),
                                                   row.GetValue(3).GetValue<uint64_t>(), row.GetValue(4).ToString()};
  }
  std::vector<PlannedUnit> units;
  for (const auto& row : rows->Collection().GetRows()) {
    PlannedUnit unit;
    unit.unit = row.GetValue(0).GetValue<uint32_t>();
    unit.name = row.GetValue(1).ToString();
    unit.stamp = {row.GetValue(2).GetValue<uint64_t>(), row.GetValue(3).GetValue<int64_t>(),
                  row.GetValue(4).GetValue<int64_t>(), row.GetValue(5).GetValue<uint64_t>()};
    unit.hash = row.GetValue(6).ToString();
    if (const auto found = begun.find(unit.unit); found != begun.end()) unit.begun = found->second;
    units.push_back(std::move(unit));
  }
  return units;
}

Status DuckDbLedger::store_plan(const LedgerKey& key, const StoredPlan& plan, const std::vector<PlannedUnit>& units) {
  return transact(connection_, [&]() -> Status {
    INGOT_TRY(run_sql(
        connection_,
        fmt::format("INSERT INTO ingot.plans VALUES ({}, {}, {}, {}, {}, {}, {}, {}, NULL, {}, {}, nullif({}, 0))",
                    quote_literal(key.pipeline), quote_literal(key.target), plan.plan, plan.run,
                    quote_literal(plan.pipeline_hash), timestamp(plan.loaded_at_micros), plan.unit_count,
                    timestamp(now_micros()), quote_literal(plan.kind), plan.lineage, plan.record_limit),
        Code::busy));
    if (!plan.contract.empty()) INGOT_TRY(keep_contract(key, plan));
    return append(connection_, "plan_units", [&](duckdb::Appender& appender) {
      for (const PlannedUnit& unit : units) {
        appender.BeginRow();
        append_text(appender, key.pipeline);
        append_text(appender, key.target);
        append_number(appender, plan.plan);
        append_number(appender, unit.unit);
        append_text(appender, unit.name);
        append_stamp(appender, unit.stamp);
        append_text(appender, unit.hash);
        appender.EndRow();
      }
    });
  });
}

Status DuckDbLedger::close_plan(const LedgerKey& key, uint64_t plan) {
  return run_sql(connection_,
                 fmt::format("UPDATE ingot.plans SET closed_at = {} WHERE {} AND plan = {} AND closed_at IS NULL",
                             timestamp(now_micros()), where_key(key), plan),
                 Code::target_refused);
}

Status DuckDbLedger::for_each_known(const LedgerKey& key, const std::function<void(KnownUnit)>& visit) {
  const std::string sql = fmt::format(
      "WITH loads AS (SELECT plan, loaded_at, run AS made_by FROM ingot.plans WHERE {0} AND kind <> 'replay'), "
      "mine AS (FROM ingot.units WHERE {0} AND undone_by IS NULL) "
      "SELECT name, hash, size, mtime_ns, ctime_ns, inode, epoch_us(loaded_at), plan, complete, part, to_byte, "
      "to_line, made_by "
      "FROM mine SEMI JOIN (SELECT name, max(plan) AS plan FROM mine SEMI JOIN loads USING (plan) GROUP BY name) "
      "USING (name, plan) ANTI JOIN (SELECT plan, unit, part - 1 AS part FROM mine WHERE part > 0) USING "
      "(plan, unit, part) JOIN loads USING (plan)",
      where_key(key));
  try {
    auto result = connection_.SendQuery(sql);
    if (result->HasError()) return fail(error_of(result->GetErrorObject(), Code::internal));
    while (auto chunk = result->Fetch()) {
      for (duckdb::idx_t i = 0; i < chunk->size(); ++i) {
        KnownUnit unit;
        unit.name = chunk->GetValue(0, i).ToString();
        unit.hash = chunk->GetValue(1, i).ToString();
        unit.stamp = {chunk->GetValue(2, i).GetValue<uint64_t>(), chunk->GetValue(3, i).GetValue<int64_t>(),
                      chunk->GetValue(4, i).GetValue<int64_t>(), chunk->GetValue(5, i).GetValue<uint64_t>()};
        unit.planned_at_micros = chunk->GetValue(6, i).GetValue<int64_t>();
        unit.plan = chunk->GetValue(7, i).GetValue<uint64_t>();
        unit.run = chunk->GetValue(12, i).GetValue<uint64_t>();
        if (!chunk->GetValue(8, i).GetValue<bool>()) {
          unit.begun = {chunk->GetValue(9, i).GetValue<uint32_t>(), chunk->GetValue(10, i).GetValue<uint64_t>(),
                        chunk->GetValue(11, i).GetValue<uint64_t>(), std::exchange(unit.hash, {})};
        }
        visit(std::move(unit));
      }
    }
    if (result->HasError()) return fail(error_of(result->GetErrorObject(), Code::internal));
    return {};
  } catch (const std::exception& exception) {
    return fail(error_of(duckdb::ErrorData(exception), Code::internal));
  }
}

Result<std::vector<uint32_t>> DuckDbLedger::check_claim(const LedgerKey& key, uint64_t plan,
                                                        const std::vector<uint32_t>& units, uint32_t part) {
  INGOT_ASSIGN(const int64_t open,
               query_number(connection_, fmt::format("SELECT count(*) FROM ingot.plans WHERE {} AND plan = {} AND "
                                                     "closed_at IS NULL",
                                                     where_key(key), plan)));
  if (open == 0) return fail(Code::conflict, fmt::format("plan {} was closed by another run", plan));
  if (units.empty()) return std::vector<uint32_t>();
  const auto [least, greatest] = std::minmax_element(units.begin(), units.end());
  INGOT_ASSIGN(
      const auto rows,
      query_sql(connection_,
                fmt::format("SELECT unit FROM ingot.units WHERE {} AND plan = {} AND part = {} AND unit BETWEEN "
                            "{} AND {}",
                            where_key(key), plan, part, *least, *greatest)));
  const std::unordered_set<uint32_t> asked(units.begin(), units.end());
  std::vector<uint32_t> done;
  for (const auto& row : rows->Collection().GetRows()) {
    const auto unit = row.GetValue(0).GetValue<uint32_t>();
    if (asked.contains(unit)) done.push_back(unit);
  }
  return done;
}

Status DuckDbLedger::record(const LedgerKey& key, uint64_t plan, uint64_t run, const std::vector<UnitEntry>& units,
                            const std::vector<RejectEntry>& rejects) {
  const int64_t now = now_micros();
  if (!units.empty()) INGOT_TRY(mark_models(key.pipeline, run));
  INGOT_TRY(append(connection_, "units", [&](duckdb::Appender& appender) {
    for (const UnitEntry& unit : units) {
      appender.BeginRow();
      append_text(appender, key.pipeline);
      append_text(appender, key.target);
      append_number(appender, plan);
      append_number(appender, unit.unit);
      append_number(appender, unit.part);
      append_text(appender, unit.name);
      append_text(appender, unit.hash);
      append_stamp(appender, unit.stamp);
      append_number(appender, unit.bytes);
      append_number(appender, run);
      append_books(appender, unit.books);
      appender.Append(unit.tables_json.empty() ? Value(duckdb::LogicalType::VARCHAR) : Value(unit.tables_json));
      appender.Append(unit.head.empty() ? Value(duckdb::LogicalType::BLOB) : Value::BLOB_RAW(unit.head));
      appender.Append(unit.delimiter.empty() ? Value(duckdb::LogicalType::VARCHAR) : Value(unit.delimiter));
      append_number(appender, unit.fields);
      appender.Append(Value(duckdb::LogicalType::BIGINT));
      appender.Append(Value(duckdb::LogicalType::TIMESTAMP_TZ));
      for (const uint64_t place : {unit.from_byte, unit.to_byte(), unit.to_line}) append_number(appender, place);
      appender.Append<bool>(unit.complete);
      append_number(appender, unit.tombstones);
      append_number(appender, unit.cleared);
      appender.Append(timestamp_value(now));
      appender.EndRow();
    }
  }));
  if (rejects.empty()) return {};
  INGOT_ASSIGN(const int64_t first, query_number(connection_, "SELECT coalesce(max(id), 0) + 1 FROM ingot.rejects"));
  int64_t id = first;
  return append(connection_, "rejects", [&](duckdb::Appender& appender) {
    for (const RejectEntry& reject : rejects) {
      appender.BeginRow();
      appender.Append<int64_t>(id++);
      append_number(appender, run);
      append_text(appender, key.pipeline);
      append_text(appender, key.target);
      append_number(appender, plan);
      append_number(appender, reject.unit);
      append_text(appender, reject.unit_name);
      append_text(appender, reject.table);
      append_number(appender, reject.offset);
      append_number(appender, reject.length);
      append_number(appender, reject.line);
      append_number(appender, reject.column);
      append_text(appender, reject.field);
      append_text(appender, reject.code);
      append_text(appender, reject.detail);
      appender.Append(Value::BLOB_RAW(reject.raw));
      appender.Append(timestamp_value(now));
      append_text(appender, "open");
      appender.Append(Value(duckdb::LogicalType::BIGINT));
      appender.Append(Value(duckdb::LogicalType::TIMESTAMP_TZ));
      appender.Append(reject.origin == 0 ? Value(duckdb::LogicalType::BIGINT)
                                         : Value::BIGINT(static_cast<int64_t>(reject.origin)));
      appender.Append(reject.mended);
      append_number(appender, reject.record_line);
      appender.EndRow();
    }
  });
}

}  // namespace ingot
