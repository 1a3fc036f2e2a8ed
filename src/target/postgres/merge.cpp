#include "target/postgres/merge.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/crash_point.h"
#include "spec/history.h"

namespace ingot::postgres {

namespace {

constexpr int kAttempts = 5;

// Of the transactions that are under way and those that have ended; the same text: none has ended in between.
constexpr const char* kSnapshot = "txid_current_snapshot()::text";

// Transaction ids of this session, those of its savepoints included.
constexpr const char* kOwn =
    "ARRAY(SELECT transactionid FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'transactionid' AND mode = "
    "'ExclusiveLock')";

uint64_t to_update(const Merge::Counts& counts) { return counts.changed - counts.deleted; }

// Rows with a new key.
uint64_t new_keys(const Merge::Counts& counts) { return counts.staged - counts.matched - counts.absent; }

}  // namespace

Status Merge::classify() {
  const std::string unit = stage_.has_units() ? "s.ingot_unit" : "0";
  const std::string matched = fmt::format("t.{} IS NOT NULL", plan_.columns[plan_.key[0]].sql);
  const std::string tombstone = plan_.tombstones ? "s.ingot_delete" : "false";
  INGOT_ASSIGN(
      const QueryResult result,
      server_.query(fmt::format(
          "SELECT {0}, count(*), count(*) FILTER (WHERE {1}), count(*) FILTER (WHERE {1} AND ({6} "
          "OR {2})), count(*) FILTER (WHERE {1} AND {6}), count(*) FILTER (WHERE NOT {1} AND "
          "{6}), count(*) FILTER (WHERE {7}), count(*) FILTER (WHERE {8}), {9} FROM {3} s LEFT JOIN {4} t ON {5} GROUP "
          "BY 1",
          unit, matched, plan_.updates ? stage_.differs() : "false", stage_.name(), plan_.only(), stage_.key_matches(),
          tombstone, stage_.outdated(), plan_.versions ? stage_.too_early() : "false", kSnapshot)));
  if (result.rows() > 0) snapshot_ = result.string(0, 8);
  by_unit_.clear();
  total_ = {};
  for (int i = 0; i < result.rows(); ++i) {
    const auto number = [&](int column) { return result.unsigned_integer(i, column); };
    const Counts counts{number(1), number(2), number(3), number(4), number(5), number(6), number(7)};
    by_unit_[static_cast<uint32_t>(number(0))] = counts;
    total_.staged += counts.staged;
    total_.matched += counts.matched;
    total_.changed += counts.changed;
    total_.deleted += counts.deleted;
    total_.absent += counts.absent;
    total_.early += counts.early;
  }
  if (total_.staged != stage_.rows()) {
    return fail(Code::books_broken, fmt::format("the stage has {} rows instead of {}", total_.staged, stage_.rows()));
  }
  return {};
}

// What a failed statement means: somebody else's key got in between, or a row is at fault.
Merge::Step Merge::judge() const {
  const ServerError& error = server_.last_error();
  return error.sqlstate == "23505" && plan_.is_key_index(error.constraint) ? Step::raced : Step::refused;
}

// Runs an UPDATE or DELETE that must affect as many rows as were selected, of each unit.
Result<bool> Merge::writes(const std::string& sql, const Expected& rows) {
  if (rows(total_) == 0) return true;
  if (!stage_.has_units()) {
    INGOT_ASSIGN(const QueryResult result, server_.query(sql));
    return result.affected() == rows(total_);
  }
  INGOT_ASSIGN(const QueryResult result,
               server_.query(fmt::format("WITH w AS ({} RETURNING s.ingot_unit) SELECT ingot_unit, count(*) FROM w "
                                         "GROUP BY 1",
                                         sql)));
  uint64_t written = 0;
  for (int i = 0; i < result.rows(); ++i) {
    const uint64_t count = result.unsigned_integer(i, 1);
    if (count != rows(by_unit_[static_cast<uint32_t>(result.unsigned_integer(i, 0))])) return false;
    written += count;
  }
  return written == rows(total_);
}

std::string Merge::insertion(int number) const {
  std::string sql = fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} s WHERE true{}", plan_.target(),
                                plan_.column_list(), stage_.values(), stage_.name(), stage_.but_tombstones());
  if (total_.matched > 0) {
    sql += fmt::format(" AND NOT EXISTS (SELECT FROM {} t WHERE {})", plan_.only(), stage_.key_matches());
  }
  // Without it an insertion is cheaper, and a key that raced in fails it.
  if (number > 1) {
    sql += fmt::format(" ON CONFLICT ({}){} DO NOTHING", plan_.key_list(),
                       plan_.versions ? fmt::format(" WHERE {} IS NULL", kValidTo) : "");
  }
  return sql;
}

Status Merge::succeed() {
  if (total_.early > 0) INGOT_TRY(server_.run(stage_.succession()));
  return plan_.tombstones ? server_.run(stage_.return_of_keys()) : Status{};
}

Result<Merge::Step> Merge::write(int number) {
  const std::string target = plan_.only();
  if (plan_.versions) INGOT_TRY(succeed());
  INGOT_ASSIGN(const bool deleted,
               writes(stage_.deletion("s.ingot_delete"), [](const Counts& counts) { return counts.deleted; }));
  if (!deleted) return Step::raced;
  INGOT_ASSIGN(const bool updated,
               writes(fmt::format("UPDATE {} t SET {} FROM {} s WHERE {} AND ({}){}", target, stage_.assignments(),
                                  stage_.name(), stage_.key_matches(), stage_.differs(), stage_.but_tombstones()),
                      to_update));
  if (!updated) return Step::raced;
  crash_point("pg.updated");
  // Where versions are kept, also the successors of those that were closed.
  const uint64_t rows = new_keys(total_) + (plan_.versions ? to_update(total_) : 0);
  if (rows == 0) return Step::done;
  INGOT_ASSIGN(const QueryResult inserted, server_.query(insertion(number)));
  return inserted.affected() == rows ? Step::done : Step::raced;
}

// Has no other transaction ended since the counts were selected? Then all statements saw the same.
Result<bool> Merge::undisturbed() {
  INGOT_ASSIGN(const QueryResult now, server_.query(fmt::format("SELECT {}", kSnapshot)));
  return now.string(0, 0) == snapshot_;
}

// Each statement sees what others have committed by then, and what waits for a row takes it as it is afterwards. So
// their writes may lie between ours, in as many rows as were to be expected: one row is what they left, another what we
// did. What this transaction has written nobody can change before its end. If now, at one moment, all other keys are as
// the load would leave them too, then it is as if it had run just now: after all that is committed, before all that is
// not.
Result<bool> Merge::holds() {
  if (total_.staged == 0) return true;
  INGOT_ASSIGN(const bool alone, undisturbed());
  if (alone) return true;
  INGOT_ASSIGN(
      const QueryResult result,
      server_.query(fmt::format(
          "SELECT {0}, count(*) FILTER (WHERE {1}), count(*) FILTER (WHERE {2}), count(*) FILTER (WHERE t.xmin "
          "= ANY ({3})) FROM {4} s LEFT JOIN {5} t ON {6} GROUP BY 1",
          stage_.has_units() ? "s.ingot_unit" : "0", stage_.is_placed(), stage_.outdated(), kOwn, stage_.name(),
          plan_.only(), stage_.key_matches())));
  for (int i = 0; i < result.rows(); ++i) {
    const Counts& counts = by_unit_[static_cast<uint32_t>(result.unsigned_integer(i, 0))];
    const bool same = result.unsigned_integer(i, 1) == counts.staged &&
                      result.unsigned_integer(i, 2) == counts.outdated &&
                      result.unsigned_integer(i, 3) == new_keys(counts) + to_update(counts);
    if (!same) return false;
  }
  return true;
}

Result<Merge::Step> Merge::attempt(int number) {
  INGOT_TRY(server_.run("SAVEPOINT ingot_merge"));
  const bool locked = number == kAttempts && plan_.table.may_lock;
  if (locked) {
    // Also against SELECT … FOR UPDATE: who had a row by it, and then had to wait for this lock to write it, would be
    // in our way while we are in its.
    INGOT_TRY(server_.run(fmt::format("LOCK TABLE {} IN EXCLUSIVE MODE", plan_.target())));
  }
  auto step = [&]() -> Result<Step> {
    INGOT_TRY(classify());
    crash_point("pg.classified");
    INGOT_ASSIGN(const Step written, write(number));
    if (written != Step::done || locked) return written;
    INGOT_ASSIGN(const bool holds_still, holds());
    return holds_still ? Step::done : Step::overtaken;
  }();
  if (!step) {
    const std::string& state = server_.last_error().sqlstate;
    const bool deadlock = state == "40P01" && !locked;  // with the savepoint go the locks on rows
    const bool row_fault = plan_.table.is_row_fault(state) && step.error().code == Code::target_refused;
    if (!deadlock && !row_fault) return step;
    step = deadlock ? Step::overtaken : judge();
  }
  INGOT_TRY(server_.run(*step == Step::done ? "RELEASE SAVEPOINT ingot_merge"
                                            : "ROLLBACK TO SAVEPOINT ingot_merge; RELEASE SAVEPOINT ingot_merge"));
  return step;
}

Result<Merge::Outcome> Merge::run() {
  for (int number = 1; number <= kAttempts; ++number) {
    INGOT_ASSIGN(const Step step, attempt(number));
    if (step == Step::done) return Outcome::done;
    if (step == Step::refused) return Outcome::refused;
    if (step == Step::overtaken) number = std::max(number, kAttempts - 1);  // it will happen again
  }
  return Outcome::suppressed;
}

Result<std::map<uint32_t, uint64_t>> drop_repeated_keys(PgConnection& server, const LoadPlan& plan,
                                                        const Stage& stage) {
  std::string key;
  for (size_t i : plan.key) key += (key.empty() ? "" : ", ") + stage.value(i);
  INGOT_ASSIGN(const QueryResult result,
               server.query(fmt::format(
                   "WITH ranked AS (SELECT s.ctid AS id, row_number() OVER (PARTITION BY {0} ORDER BY {1}) AS n "
                   "FROM {2} s), gone AS (DELETE FROM {2} s USING ranked r WHERE s.ctid = r.id AND r.n > 1 "
                   "RETURNING s.ingot_unit) SELECT ingot_unit, count(*) FROM gone GROUP BY 1",
                   key, stage.preference(), stage.name())));
  std::map<uint32_t, uint64_t> dropped;
  for (int i = 0; i < result.rows(); ++i) {
    dropped[static_cast<uint32_t>(result.unsigned_integer(i, 0))] = result.unsigned_integer(i, 1);
  }
  return dropped;
}

}  // namespace ingot::postgres
