#include "ledger/postgres/store.h"

#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "core/crash_point.h"
#include "ledger/postgres/models.h"
#include "ledger/postgres/read_rows.h"
#include "ledger/postgres/rejects.h"
#include "ledger/postgres/schema.h"
#include "ledger/postgres/write_rows.h"

namespace ingot::postgres {

namespace {

// The courtesy lock of a key; both halves of the number appear in pg_locks.
constexpr const char* kLockNumber = "hashtextextended($1 || chr(31) || $2, 4529087)";

// A run is under way if it is the newest of its key, and somebody holds the key's lock.
constexpr const char* kRunsWithState = R"(
SELECT {} FROM (
  SELECT i.*, hashtextextended(i.pipeline || chr(31) || i.target, 4529087) AS lock FROM ingot.runs i {}) q
CROSS JOIN LATERAL (SELECT q.run, q.pipeline, q.target, q.plan, CASE WHEN q.state = 'running' AND (
    EXISTS (SELECT FROM ingot.runs n WHERE n.pipeline = q.pipeline AND n.target = q.target AND n.run > q.run)
    OR NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                   AND l.classid = ((q.lock >> 32) & 4294967295)::oid AND l.objid = (q.lock & 4294967295)::oid))
    THEN 'lost' ELSE q.state END AS state,
  q.started_at, q.ended_at, q.units, q.units_failed, q.bytes, q.read, q.inserted, q.updated, q.unchanged, q.filtered,
  q.duplicate, q.rejected, q.error, q.seconds) r ORDER BY r.run DESC)";

class Store : public Ledger {
 public:
  Store(PgConnection& server, Secret url) : server_(server), url_(std::move(url)) {}

  Result<bool> exists() override { return ledger_exists(server_); }
  Status create() override { return create_ledger(server_); }

  Status claim(const LedgerKey& key) override {
    INGOT_ASSIGN(const bool got, take_lock(key));
    if (got) return {};
    INGOT_ASSIGN(const QueryResult run, server_.query("SELECT run, to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD "
                                                      "HH24:MI:SS') FROM ingot.runs WHERE pipeline = $1 "
                                                      "AND target = $2 AND state = 'running' ORDER BY run DESC LIMIT 1",
                                                      {key.pipeline, key.target}));
    const std::string who =
        run.rows() == 0 ? "another run" : fmt::format("run {} (since {} UTC)", run.text(0, 0), run.text(0, 1));
    return fail(Code::busy, fmt::format("{} is loading pipeline {} into {}", who, key.pipeline, key.target),
                "wait until it has ended, or stop it");
  }

  Result<uint64_t> begin_run(const LedgerKey& key) override {
    INGOT_ASSIGN(const QueryResult result,
                 server_.query("INSERT INTO ingot.runs (pipeline, target) VALUES ($1, $2) RETURNING run",
                               {key.pipeline, key.target}));
    crash_point("pg.run_begun");
    return result.unsigned_integer(0, 0);
  }

  Status end_run(const RunEntry& run) override {
    const Books& b = run.books;
    const auto n = [](uint64_t value) { return Parameter(std::to_string(value)); };
    const auto or_null = [](const std::string& text) { return text.empty() ? Parameter{} : Parameter(text); };
    INGOT_TRY(server_.query(
        "UPDATE ingot.runs SET plan = $2, state = $3, ended_at = clock_timestamp(), units = $4, units_failed = $5, "
        "bytes = $6, "
        "read = $7, inserted = $8, updated = $9, unchanged = $10, filtered = $11, duplicate = $12, rejected = $13, "
        "error = $14, seconds = $15 WHERE run = $1",
        {n(run.run), n(run.plan), run.state, n(run.units), n(run.units_failed), n(run.bytes), n(b.read), n(b.inserted),
         n(b.updated), n(b.unchanged), n(b.filtered), n(b.duplicate), n(b.rejected), or_null(storable_text(run.error)),
         or_null(run.seconds_json)}));
    crash_point("pg.run_ended");
    return {};
  }

  Result<std::optional<StoredPlan>> latest_plan(const LedgerKey& key) override {
    return select_plan("WHERE p.pipeline = $1 AND p.target = $2 ORDER BY p.plan DESC LIMIT 1",
                       {key.pipeline, key.target});
  }
  Result<std::optional<StoredPlan>> plan_made_by(const LedgerKey& key, uint64_t run) override {
    return select_plan("WHERE p.pipeline = $1 AND p.target = $2 AND p.run = $3",
                       {key.pipeline, key.target, std::to_string(run)});
  }

  Result<std::optional<std::string>> kept_contract(const LedgerKey& key) override {
    INGOT_ASSIGN(const bool there, has_contracts(server_));
    if (!there) return std::optional<std::string>();
    INGOT_ASSIGN(const QueryResult r,
                 server_.query("SELECT contract FROM ingot.contracts WHERE pipeline = $1 AND target = $2 ORDER BY plan "
                               "DESC LIMIT 1",
                               {key.pipeline, key.target}));
    return r.rows() == 0 ? std::optional<std::string>() : std::optional<std::string>(r.string(0, 0));
  }

  Result<std::vector<std::string>> targets_of(const std::string& pipeline) override {
    INGOT_ASSIGN(const QueryResult r,
                 server_.query("SELECT DISTINCT target FROM ingot.units WHERE pipeline = $1 ORDER BY 1", {pipeline}));
    std::vector<std::string> targets;
    for (int i = 0; i < r.rows(); ++i) targets.push_back(r.string(i, 0));
    return targets;
  }

  Result<std::vector<std::string>> others_into(const std::string& target, const std::string& pipeline) override {
    INGOT_ASSIGN(const QueryResult r,
                 server_.query("SELECT DISTINCT pipeline FROM ingot.units WHERE target = $1 AND pipeline <> $2 AND "
                               "undone_by IS NULL ORDER BY 1",
                               {target, pipeline}));
    std::vector<std::string> pipelines;
    for (int i = 0; i < r.rows(); ++i) pipelines.push_back(r.string(i, 0));
    return pipelines;
  }

  Result<std::vector<PlannedUnit>> pending_units(const LedgerKey& key, uint64_t plan) override {
    const std::vector<Parameter> of_plan = {key.pipeline, key.target, std::to_string(plan)};
    // Two statements and no join: on tables that were never analysed the server joins thousands with thousands, row by
    // row. A unit that is loaded in between is found out when its transaction begins.
    std::unordered_set<uint32_t> loaded;
    std::unordered_map<uint32_t, PartEnd> begun;
    INGOT_TRY(
        server_.stream("SELECT unit, complete, part, to_byte, to_line, hash FROM ingot.units WHERE pipeline = $1 "
                       "AND target = $2 AND plan = $3 ORDER BY unit, part",
                       of_plan, [&](const QueryResult& r) {
                         const auto unit = static_cast<uint32_t>(r.integer(0, 0));
                         if (r.boolean(0, 1)) {
                           loaded.insert(unit);
                         } else {
                           begun[unit] = read_part_end(r, 0, 2);
                         }
                       }));
    std::vector<PlannedUnit> units;
    INGOT_TRY(
        server_.stream("SELECT unit, name, size, mtime_ns, ctime_ns, inode, coalesce(hash, '') FROM ingot.plan_units "
                       "WHERE pipeline = $1 AND target = $2 AND plan = $3 ORDER BY unit",
                       of_plan, [&](const QueryResult& r) {
                         const auto unit = static_cast<uint32_t>(r.unsigned_integer(0, 0));
                         if (loaded.contains(unit)) return;
                         units.push_back({unit, r.string(0, 1), read_stamp(r, 0, 2), r.string(0, 6), {}});
                         if (const auto found = begun.find(unit); found != begun.end())
                           units.back().begun = found->second;
                       }));
    return units;
  }

  Status store_plan(const LedgerKey& key, const StoredPlan& plan, const std::vector<PlannedUnit>& units) override {
    return in_transaction(
        [&]() -> Status {
          INGOT_TRY(check_predecessor(key, plan.plan));
          auto inserted = server_.query(
              "INSERT INTO ingot.plans (pipeline, target, plan, run, pipeline_hash, loaded_at, unit_count, kind, "
              "lineage, record_limit) VALUES ($1, $2, $3, $4, $5, timestamptz '1970-01-01 00:00:00+00' + $6::bigint * "
              "interval '1 microsecond', $7, $8, $9, nullif($10::bigint, 0))",
              {key.pipeline, key.target, std::to_string(plan.plan), std::to_string(plan.run), plan.pipeline_hash,
               std::to_string(plan.loaded_at_micros), std::to_string(units.size()), plan.kind, plan.lineage ? "t" : "f",
               std::to_string(plan.record_limit)});
          if (!inserted) {
            if (server_.last_error().sqlstate == "23505") {
              return fail(Code::busy,
                          fmt::format("another run has just stored plan {} of pipeline {}", plan.plan, key.pipeline));
            }
            return fail(std::move(inserted).error());
          }
          if (!plan.contract.empty()) INGOT_TRY(keep_contract(key, plan));
          INGOT_TRY(copy_plan_units(server_, key, plan.plan, units));
          crash_point("pg.plan_written");
          return {};
        },
        "pg.plan_stored");
  }

  Status close_plan(const LedgerKey& key, uint64_t plan) override {
    return in_transaction(
        [&]() -> Status {
          // Waits for a commit that is under way below this plan: it holds the row's lock.
          INGOT_ASSIGN(const QueryResult r,
                       server_.query("UPDATE ingot.plans SET closed_at = coalesce(closed_at, clock_timestamp()) WHERE "
                                     "pipeline = $1 AND target = $2 AND plan = $3",
                                     {key.pipeline, key.target, std::to_string(plan)}));
          if (r.affected() != 1)
            return fail(Code::conflict, fmt::format("there is no plan {} of pipeline {}", plan, key.pipeline));
          return {};
        },
        "pg.plan_closed");
  }

  Status for_each_known(const LedgerKey& key, const std::function<void(KnownUnit)>& visit) override {
    return server_.stream(
        "SELECT DISTINCT ON (name) name, hash, size, mtime_ns, ctime_ns, inode, "
        "(extract(epoch FROM loaded_at) * 1000000)::bigint, plan, complete, part, to_byte, to_line, hash, p.run FROM "
        "ingot.units JOIN ingot.plans p USING (pipeline, target, plan) "
        "WHERE pipeline = $1 AND target = $2 AND kind <> 'replay' AND undone_by IS NULL ORDER BY name, plan DESC, unit "
        "DESC, part DESC",
        {key.pipeline, key.target}, [&](const QueryResult& r) {
          KnownUnit unit{r.string(0, 0),
                         r.string(0, 1),
                         read_stamp(r, 0, 2),
                         r.integer(0, 6),
                         r.unsigned_integer(0, 7),
                         r.unsigned_integer(0, 13),
                         {}};
          if (!r.boolean(0, 8)) {
            unit.begun = read_part_end(r, 0, 9);
            unit.hash.clear();
          }
          visit(std::move(unit));
        });
  }

  Result<std::vector<ModelState>> models() override { return read_models(server_); }
  Status register_models(const std::vector<ModelState>& models, uint64_t run) override {
    return postgres::register_models(server_, models, run);
  }

  Result<std::vector<RunEntry>> runs(size_t limit) override {
    return find_runs(fmt::format("ORDER BY i.run DESC LIMIT {}", limit));
  }
  Result<std::optional<RunEntry>> run(uint64_t run) override {
    INGOT_ASSIGN(auto found, find_runs(fmt::format("WHERE i.run = {}", run)));
    return found.empty() ? std::optional<RunEntry>{} : std::optional<RunEntry>(std::move(found.front()));
  }

  Result<std::vector<UnitEntry>> units_of_run(uint64_t run, size_t limit) override {
    INGOT_ASSIGN(const QueryResult r,
                 server_.query(fmt::format(
                     "SELECT {} FROM ingot.units u JOIN ingot.runs r ON (r.pipeline, r.target) = "
                     "(u.pipeline, u.target) AND r.run = u.run WHERE u.run = {} ORDER BY u.plan, u.unit, u.part "
                     "LIMIT {}",
                     kUnitColumns, run, limit)));
    std::vector<UnitEntry> units;
    for (int i = 0; i < r.rows(); ++i) units.push_back(read_unit(r, i));
    return units;
  }

  Result<std::vector<RejectEntry>> rejects(const RejectFilter& filter, size_t limit) override {
    return select_rejects(server_, filter, limit);
  }
  Result<std::vector<RejectCount>> count_rejects(const RejectFilter& filter, RejectsBy by, size_t limit) override {
    INGOT_ASSIGN(auto counts, postgres::count_rejects(server_, filter, by, limit));
    return with_firsts(std::move(counts));
  }
  Result<std::vector<RejectedUnit>> units_of_rejects(const RejectFilter& filter) override {
    return postgres::units_of_rejects(server_, filter);
  }
  Status for_each_reject(const RejectFilter& filter, const std::function<Status(RejectEntry)>& visit) override {
    return postgres::for_each_reject(server_, filter, visit);
  }
  Result<uint64_t> discard_rejects(const RejectFilter& filter) override {
    return postgres::discard_rejects(server_, filter);
  }
  Result<uint64_t> purge_rejects(const RejectFilter& filter) override {
    return postgres::purge_rejects(server_, filter);
  }

 private:
  Status keep_contract(const LedgerKey& key, const StoredPlan& plan) {
    INGOT_TRY(create_contracts(server_));
    INGOT_TRY(server_.query("INSERT INTO ingot.contracts (pipeline, target, plan, contract) VALUES ($1, $2, $3, $4)",
                            {key.pipeline, key.target, std::to_string(plan.plan), plan.contract}));
    return {};
  }

  Result<std::optional<StoredPlan>> select_plan(const std::string& rest, const std::vector<Parameter>& parameters) {
    INGOT_ASSIGN(const QueryResult r,
                 server_.query("SELECT p.plan, p.run, p.pipeline_hash, (extract(epoch FROM p.loaded_at) * "
                               "1000000)::bigint, p.unit_count, p.closed_at IS NULL, p.kind, p.lineage, "
                               "coalesce(p.record_limit, 0) FROM ingot.plans p " +
                                   rest,
                               parameters));
    if (r.rows() == 0) return std::optional<StoredPlan>{};
    return std::optional<StoredPlan>(StoredPlan{r.unsigned_integer(0, 0), r.unsigned_integer(0, 1), r.string(0, 2),
                                                r.integer(0, 3), r.boolean(0, 5), r.unsigned_integer(0, 4),
                                                r.string(0, 6), r.boolean(0, 7), r.unsigned_integer(0, 8)});
  }

  // Behind a pooler a lock lasts only as long as a transaction: one on a connection of its own.
  Result<bool> take_lock(const LedgerKey& key) {
    if (server_.pooled()) {
      INGOT_ASSIGN(holder_, PgConnection::open(url_));
      INGOT_TRY(holder_->begin());
    }
    INGOT_ASSIGN(const QueryResult got,
                 (holder_ ? *holder_ : server_)
                     .query(fmt::format("SELECT {}({})", holder_ ? "pg_try_advisory_xact_lock" : "pg_try_advisory_lock",
                                        kLockNumber),
                            {key.pipeline, key.target}));
    return got.boolean(0, 0);
  }

  Status in_transaction(const std::function<Status()>& work, const char* done) {
    INGOT_TRY(server_.begin());
    auto status = work();
    if (status) {
      if (auto commit = server_.query("COMMIT"); !commit) {
        status = fail(std::move(commit).error());
      } else if (commit->tag() != "COMMIT") {
        status = fail(Code::internal, "the transaction had failed");
      }
    }
    if (!status) {
      server_.rollback();
      return status;
    }
    crash_point(done);
    return {};
  }

  // Plan n must be complete or closed, and no transaction under way below it.
  Status check_predecessor(const LedgerKey& key, uint64_t plan) {
    if (plan <= 1) return {};
    const std::vector<Parameter> before = {key.pipeline, key.target, std::to_string(plan - 1)};
    INGOT_ASSIGN(
        const QueryResult row,
        server_.query("SELECT closed_at IS NOT NULL, unit_count FROM ingot.plans WHERE pipeline = $1 AND target = $2 "
                      "AND plan = $3 FOR UPDATE",
                      before));
    if (row.rows() == 0)
      return fail(Code::conflict, fmt::format("there is no plan {} of pipeline {}", plan - 1, key.pipeline));
    if (row.boolean(0, 0)) return {};
    // A statement of its own: the one above may have waited, and looked with an older snapshot.
    INGOT_ASSIGN(
        const QueryResult done,
        server_.query("SELECT count(*) FROM ingot.units WHERE pipeline = $1 AND target = $2 AND plan = $3 AND complete",
                      before));
    if (done.text(0, 0) == row.text(0, 1)) return {};
    return fail(Code::conflict, fmt::format("plan {} of pipeline {} is not complete", plan - 1, key.pipeline),
                "run the pipeline again: it completes the plan first");
  }

  Result<std::vector<RunEntry>> find_runs(const std::string& which) {
    INGOT_ASSIGN(const QueryResult r, server_.query(fmt::format(fmt::runtime(kRunsWithState), kRunColumns, which)));
    std::vector<RunEntry> runs;
    for (int i = 0; i < r.rows(); ++i) runs.push_back(read_run(r, i));
    return runs;
  }

  PgConnection& server_;
  Secret url_;
  std::unique_ptr<PgConnection> holder_;  // of the courtesy lock, behind a pooler
};

}  // namespace

std::unique_ptr<Ledger> make_ledger(PgConnection& server, const Secret& url) {
  return std::make_unique<Store>(server, url);
}

}  // namespace ingot::postgres
