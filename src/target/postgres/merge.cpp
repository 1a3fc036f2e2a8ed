#include "target/postgres/merge.h"

#include <fmt/format.h>

#include "core/crash_point.h"
#include "spec/history.h"

namespace ingot::postgres {

namespace {

constexpr int kAttempts = 5;

std::string key_columns(const LoadPlan& plan) {
  std::string list;
  for (size_t i : plan.key) list += (list.empty() ? "" : ", ") + plan.columns[i].sql;
  return list;
}

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
          "{6}), count(*) FILTER (WHERE {7}), count(*) FILTER (WHERE {8}) FROM {3} s LEFT JOIN {4} t ON {5} GROUP BY 1",
          unit, matched, plan_.updates ? stage_.differs() : "false", stage_.name(), plan_.only(), stage_.key_matches(),
          tombstone, stage_.outdated(), plan_.versions ? stage_.too_early() : "false")));
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

Result<bool> Merge::writes(const std::string& sql, uint64_t rows) {
  if (rows == 0) return true;
  INGOT_ASSIGN(const QueryResult result, server_.query(sql));
  return result.affected() == rows;
}

std::string Merge::insertion(int number) const {
  std::string sql = fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} s WHERE true{}", plan_.target(),
                                plan_.column_list(), stage_.values(), stage_.name(), stage_.but_tombstones());
  if (total_.matched > 0) {
    sql += fmt::format(" AND NOT EXISTS (SELECT FROM {} t WHERE {})", plan_.only(), stage_.key_matches());
  }
  // Without it an insertion is cheaper, and a key that raced in fails it.
  if (number > 1) {
    sql += fmt::format(" ON CONFLICT ({}){} DO NOTHING", key_columns(plan_),
                       plan_.versions ? fmt::format(" WHERE {} IS NULL", kValidTo) : "");
  }
  return sql;
}

// Rows with a new key; where versions are kept, also the successors of those that were closed.
uint64_t Merge::to_insert() const {
  return total_.staged - total_.matched - total_.absent + (plan_.versions ? total_.changed - total_.deleted : 0);
}

Status Merge::succeed() {
  if (total_.early > 0) INGOT_TRY(server_.run(stage_.succession()));
  return plan_.tombstones ? server_.run(stage_.return_of_keys()) : Status{};
}

Result<Merge::Step> Merge::write(int number) {
  const std::string target = plan_.only();
  if (plan_.versions) INGOT_TRY(succeed());
  INGOT_ASSIGN(const bool deleted, writes(stage_.deletion("s.ingot_delete"), total_.deleted));
  if (!deleted) return Step::raced;
  INGOT_ASSIGN(const bool updated,
               writes(fmt::format("UPDATE {} t SET {} FROM {} s WHERE {} AND ({}){}", target, stage_.assignments(),
                                  stage_.name(), stage_.key_matches(), stage_.differs(), stage_.but_tombstones()),
                      total_.changed - total_.deleted));
  if (!updated) return Step::raced;
  crash_point("pg.updated");
  INGOT_ASSIGN(const bool inserted, writes(insertion(number), to_insert()));
  return inserted ? Step::done : Step::raced;
}

Result<Merge::Step> Merge::attempt(int number) {
  INGOT_TRY(server_.run("SAVEPOINT ingot_merge"));
  if (number == kAttempts && plan_.table.may_lock) {
    INGOT_TRY(server_.run(fmt::format("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", plan_.target())));
  }
  auto step = [&]() -> Result<Step> {
    INGOT_TRY(classify());
    crash_point("pg.classified");
    return write(number);
  }();
  if (!step) {
    if (!is_row_fault(server_.last_error().sqlstate) || step.error().code != Code::target_refused) return step;
    step = judge();
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
