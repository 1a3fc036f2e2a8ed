#include "target/postgres/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "core/crash_point.h"
#include "core/sql_text.h"
#include "ledger/postgres/rejects.h"
#include "ledger/postgres/write_rows.h"
#include "target/full_refresh.h"
#include "target/postgres/careful.h"
#include "target/postgres/children.h"
#include "target/postgres/clear.h"
#include "target/postgres/fetched_rows.h"
#include "target/postgres/load_plan.h"
#include "target/postgres/table_load.h"

namespace ingot::postgres {

namespace {

constexpr int kReconnects = 30;  // once a second: a server that restarts is back by then
constexpr auto kReconnectPause = std::chrono::seconds(1);

std::string array_text(const std::vector<uint32_t>& numbers) { return fmt::format("{{{}}}", fmt::join(numbers, ",")); }

tl::unexpected<Error> changed_meanwhile(const TableName& table) {
  return fail(Code::target_refused,
              fmt::format("table {} was changed or dropped while the run was under way", table.text()), "run again");
}

std::vector<Parameter> plan_key(const Claim& claim) {
  return {claim.key.pipeline, claim.key.target, std::to_string(claim.plan)};
}

}  // namespace

Status PgSession::connect() {
  if (server_ && server_->alive()) {
    server_->rollback();
    if (server_->alive()) return {};
  }
  INGOT_ASSIGN(auto fresh, PgConnection::open(url_));
  std::lock_guard lock(connection_mutex_);
  server_ = std::move(fresh);
  return {};
}

// Whoever holds the row commits next; who waits for it sees afterwards what was committed.
Status PgSession::lock_plan(PgConnection& server) const {
  INGOT_ASSIGN(
      const QueryResult row,
      server.query("SELECT closed_at IS NULL FROM ingot.plans WHERE pipeline = $1 AND target = $2 AND plan = $3 "
                   "FOR UPDATE",
                   plan_key(claim_)));
  if (row.rows() == 0) {
    return fail(Code::conflict,
                fmt::format("the ledger has no plan {} of pipeline {}", claim_.plan, claim_.key.pipeline));
  }
  if (!row.boolean(0, 0)) {
    return fail(Code::conflict, fmt::format("plan {} of pipeline {} was closed", claim_.plan, claim_.key.pipeline));
  }
  return {};
}

Result<std::vector<uint32_t>> PgSession::loaded_units(PgConnection& server, const std::vector<uint32_t>& units,
                                                      bool ours) const {
  std::vector<Parameter> parameters = plan_key(claim_);
  parameters.push_back(array_text(units));
  parameters.push_back(ours ? Parameter(std::to_string(claim_.run)) : Parameter{});
  parameters.push_back(std::to_string(claim_.part));
  INGOT_ASSIGN(
      const QueryResult result,
      server.query(
          "SELECT unit FROM ingot.units WHERE pipeline = $1 AND target = $2 AND plan = $3 AND "
          "unit = ANY ($4::integer[]) AND ($5::bigint IS NULL OR run = $5::bigint) AND part = $6::integer ORDER BY "
          "unit",
          parameters));
  std::vector<uint32_t> loaded;
  for (int i = 0; i < result.rows(); ++i) loaded.push_back(static_cast<uint32_t>(result.unsigned_integer(i, 0)));
  return loaded;
}

// Deferred constraints would fail at COMMIT, and take the ledger with them.
Status PgSession::begin_transaction() {
  INGOT_TRY(server_->begin());
  INGOT_TRY(server_->run("SET CONSTRAINTS ALL IMMEDIATE"));
  INGOT_TRY(lock_plan(*server_));
  if (!claim_.compare_first) return {};
  // A snapshot taken while waiting for the plan's lock would not see what its holder committed: it is taken now that
  // nobody holds it. Should somebody come between, the units' primary key is the fence.
  INGOT_TRY(server_->run("COMMIT"));
  INGOT_TRY(server_->begin(Isolation::repeatable_read));
  INGOT_TRY(server_->run("SET CONSTRAINTS ALL IMMEDIATE"));
  return lock_plan(*server_);
}

void PgSession::take(const Claim& claim, const std::vector<uint32_t>& units) {
  claim_ = claim;
  units_ = units;
  recorded_.clear();
  ahead_.clear();
  lost_race_ = false;
}

// The plan's row stays free for the batches before. Nobody who waits for one of these locks, to change the table, can
// come between: they are taken in the order in which the batches commit.
Status PgSession::begin_ahead(const Claim& claim, const std::vector<uint32_t>& units,
                              const std::vector<BatchRows*>& tables) {
  if (cancelled_) return fail(Code::interrupted, "interrupted");
  INGOT_TRY(connect());
  take(claim, units);
  INGOT_TRY(server_->begin());
  INGOT_TRY(server_->run("SET CONSTRAINTS ALL IMMEDIATE"));
  for (BatchRows* rows : tables) {
    // A stage needs the table only to stay what it is.
    INGOT_ASSIGN(LoadPlan plan, lock_table(*rows, rows->table().keyed() ? Use::read : Use::insert));
    if (!plan.may_load_ahead()) return fail(Code::busy, "a table does not let batches be loaded ahead of their turn");
    ahead_.push_back(std::make_unique<Ahead>(Ahead{*rows, std::move(plan), {}}));
  }
  crash_point("pg.begin_ahead");
  return {};
}

Status PgSession::load_ahead(BatchRows& rows, bool first) {
  const auto found =
      std::find_if(ahead_.begin(), ahead_.end(), [&](const auto& ahead) { return &ahead->rows == &rows; });
  if (found == ahead_.end()) return fail(Code::internal, "a table that was not begun ahead");
  Ahead& ahead = **found;
  ahead.load.emplace(*server_, ahead.plan, rows, units_.size(), std::nullopt);
  INGOT_TRY(ahead.load->run_ahead(first));
  crash_point("pg.ahead");
  return {};
}

// In its turn: all that was committed before is there to be merged with.
Result<LoadResult> PgSession::finish(Ahead& ahead) {
  if (ahead.plan.keyed) {
    INGOT_ASSIGN(const LoadPlan plan, lock_table(ahead.rows, Use::insert));
    if (!plan.stages_like(ahead.plan)) return fail(Code::busy, "a table has changed while rows were staged for it");
    if (plan.table.row_security) INGOT_TRY(server_->run("SET LOCAL row_security = on"));
  }
  INGOT_ASSIGN(auto placed, ahead.load->run());
  if (!placed) return fail(Code::busy, "rows were refused ahead of their turn");
  return std::move(*placed);
}

Result<std::vector<uint32_t>> PgSession::begin(const Claim& claim, const std::vector<uint32_t>& units) {
  if (cancelled_) return fail(Code::interrupted, "interrupted");
  if (ahead_.empty()) {
    INGOT_TRY(connect());
    take(claim, units);
  }
  auto status = ahead_.empty() ? begin_transaction() : lock_plan(*server_);
  if (!status) {
    server_->rollback();
    return fail(std::move(status).error());
  }
  crash_point("pg.begin");
  return loaded_units(*server_, units, false);
}

Status PgSession::create_tables(const std::vector<std::string>& ddl) {
  for (const std::string& statement : ddl) {
    if (const auto altered = alterations_->find(statement); altered != alterations_->end())
      INGOT_TRY(lock_unaltered(*server_, altered->second));
    Status status = server_->run(statement);
    if (status) continue;
    const std::string& state = server_->last_error().sqlstate;
    const bool created = state == "42P07" || state == "23505";  // duplicate_table, or as pg_type's index finds it out
    const bool altered = state == "42701" || state == "42703";  // duplicate_column, undefined_column
    if (created || altered)
      return fail(Code::busy,
                  fmt::format("another run has just {} a table of this pipeline", created ? "created" : "altered"),
                  "run again");
    Error error = std::move(status).error();
    error.message = fmt::format("{} ({})", error.message, statement);
    return fail(std::move(error));
  }
  crash_point("pg.tables_created");
  return {};
}

// From here on nobody changes the table's columns. EXPLAIN takes the lock of an INSERT and runs nothing; LOCK TABLE
// would not do for who has rights on columns only, nor for a view whose owner may only insert.
Result<LoadPlan> PgSession::lock_table(BatchRows& rows, Use use) {
  const TableShape& shape = rows.shape();
  std::vector<std::string> columns;
  for (const ColumnSpec& c : rows.table().columns) columns.push_back(quote_identifier(c.name));
  const std::string statement =
      use == Use::read ? fmt::format("SELECT FROM {}", shape.name.sql())
                       : fmt::format("INSERT INTO {} ({}) VALUES ({})", shape.name.sql(), fmt::join(columns, ", "),
                                     fmt::join(std::vector<const char*>(columns.size(), "DEFAULT"), ", "));
  auto locked =
      server_->run(fmt::format("SET LOCAL row_security = on; EXPLAIN {}; SET LOCAL row_security = off", statement));
  if (!locked && (server_->last_error().sqlstate == "42P01" || server_->last_error().sqlstate == "42703")) {
    return changed_meanwhile(shape.name);  // undefined_table, undefined_column
  }
  if (!locked) {
    Error error = std::move(locked).error();
    if (error.code == Code::busy)
      error.message = fmt::format("table {} is locked by another transaction", shape.name.text());
    return fail(std::move(error));
  }
  INGOT_ASSIGN(std::optional<TableInfo> table, look_up(*server_, shape.name));
  if (!table) return changed_meanwhile(shape.name);
  INGOT_ASSIGN(LoadPlan plan, make_load_plan(std::move(*table), rows.table()));
  const bool same = std::equal(plan.columns.begin(), plan.columns.end(), shape.types.begin(), shape.types.end(),
                               [](const LoadColumn& c, const Type& type) { return c.fit.type == type; });
  if (!same) return changed_meanwhile(shape.name);
  return plan;
}

Result<LoadResult> PgSession::load(BatchRows& rows) {
  for (const auto& ahead : ahead_) {
    if (&ahead->rows == &rows) return finish(*ahead);
  }
  INGOT_ASSIGN(const LoadPlan plan, lock_table(rows, Use::insert));
  // Elsewhere off: a query that a policy would filter fails instead of seeing too little.
  if (plan.table.row_security) INGOT_TRY(server_->run("SET LOCAL row_security = on"));
  std::optional<TableLoad::Fetch> fetch;
  if (claim_.compare_first && plan.updates && !plan.tombstones) {
    INGOT_ASSIGN(const auto expected, rows_worth_fetching(*server_, plan, rows.stored_bytes(), memory_bytes_));
    if (expected) fetch = {*expected, memory_bytes_};
  }
  uint64_t cleared = 0;
  if (plan.replaces) {
    INGOT_ASSIGN(cleared, clear_table(*server_, plan));
  } else if (rows.table().replace_rows && claim_.replay.empty()) {
    INGOT_ASSIGN(cleared, take_back_rows(*server_, plan, claim_, units_));
  }
  if (plan.keyed && rows.table().has_children) {
    INGOT_ASSIGN(new_since_[rows.table().name], lock_parent(*server_, plan));
  }
  auto result = plan.follows_key
                    ? load_children(*server_, plan, rows, units_.size(), new_since_[rows.parent()->table().name])
                    : place(plan, rows, fetch);
  if (result) {
    result->deleted += cleared;
    result->cleared += cleared;
  }
  if (!result && result.error().code == Code::busy && server_->last_error().sqlstate == "55P03") {
    Error error = std::move(result).error();
    error.message = fmt::format("table {} is locked by another transaction", rows.shape().name.text());
    return fail(std::move(error));
  }
  return result;
}

Result<LoadResult> PgSession::place(const LoadPlan& plan, BatchRows& rows, std::optional<TableLoad::Fetch> fetch) {
  if (plan.keyed && !claim_.replay.empty()) return load_carefully(*server_, plan, rows, claim_.replay);
  INGOT_ASSIGN(auto quick, TableLoad(*server_, plan, rows, units_.size(), fetch).run());
  if (quick) return std::move(*quick);
  // The careful way locks the table and believes what it then sees; under an older snapshot it would not see all.
  if (claim_.compare_first) return fail(Code::busy, "rows were refused under a snapshot", "run again");
  return load_carefully(*server_, plan, rows);
}

Status PgSession::record(const std::vector<UnitEntry>& units, const std::vector<RejectEntry>& rejects) {
  INGOT_TRY(copy_unit_entries(*server_, claim_, units));
  crash_point("pg.units_recorded");
  if (claim_.refresh && !units.empty()) {
    for (const std::string& statement : forget_earlier_loads(claim_, "clock_timestamp()"))
      INGOT_TRY(server_->run(statement));
    crash_point("pg.forgotten");
  }
  INGOT_TRY(copy_rejects(*server_, claim_, rejects));
  crash_point("pg.recorded");
  for (const UnitEntry& u : units) recorded_.push_back(u.unit);
  return {};
}

Status PgSession::resolve(const std::vector<uint64_t>& rejects) {
  return resolve_rejects(*server_, rejects, claim_.run);
}

Status PgSession::commit() {
  if (recorded_.empty()) return fail(Code::internal, "a commit without a unit in the ledger");
  crash_point("pg.before_commit");
  auto result = server_->query("COMMIT");
  if (!result) {
    if (!server_->alive()) return find_out(std::move(result).error());
    return fail(std::move(result).error());
  }
  if (result->tag() != "COMMIT") return fail(Code::internal, "the transaction had failed before its commit");
  ahead_.clear();
  crash_point("pg.committed");
  return {};
}

// The connection went down with the COMMIT under way: the ledger knows whether it was done. Locking the plan's row
// waits for the old transaction, should the server still be at it.
Status PgSession::find_out(Error lost) {
  for (int i = 0; i < kReconnects && !cancelled_; ++i) {
    auto fresh = PgConnection::open(url_);
    if (!fresh) {
      if (!ingot::describe(fresh.error().code).retryable) break;
      std::this_thread::sleep_for(kReconnectPause);
      continue;
    }
    {
      std::lock_guard lock(connection_mutex_);
      server_ = std::move(*fresh);
    }
    auto status = server_->begin();
    if (status) status = lock_plan(*server_);
    if (!status && status.error().code == Code::target_unreachable) continue;
    if (!status && status.error().code != Code::conflict) return status;  // closed since then: all the same
    INGOT_ASSIGN(const std::vector<uint32_t> loaded, loaded_units(*server_, recorded_, true));
    server_->rollback();
    if (loaded.size() == recorded_.size()) return {};
    lost.message = "the connection to PostgreSQL was lost during the commit; nothing of it was committed";
    lost.hint = "run again: what is missing is loaded";
    return fail(std::move(lost));
  }
  lost.message =
      "the connection to PostgreSQL was lost during the commit, and the server cannot be asked whether it was done";
  lost.hint = "run again once the server is back: the ledger knows, and nothing is loaded twice";
  return fail(std::move(lost));
}

void PgSession::rollback() noexcept {
  ahead_.clear();
  if (!server_) return;
  const std::string& state = server_->last_error().sqlstate;
  lost_race_ = state == "40001" || state == "40P01";  // serialization_failure, deadlock_detected
  server_->rollback();
}

void PgSession::cancel() noexcept {
  cancelled_ = true;
  std::lock_guard lock(connection_mutex_);
  if (server_) server_->cancel();
}

}  // namespace ingot::postgres
