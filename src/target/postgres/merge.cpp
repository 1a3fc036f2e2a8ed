#include "target/postgres/merge.h"

#include <fmt/format.h>

#include "core/crash_point.h"

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
  INGOT_ASSIGN(
      const QueryResult result,
      server_.query(fmt::format("SELECT {0}, count(*), count(*) FILTER (WHERE {1}), count(*) FILTER (WHERE {1} "
                                "AND ({2})) FROM {3} s LEFT JOIN {4} t ON {5} GROUP BY 1",
                                unit, matched, plan_.updates ? stage_.differs() : "false", stage_.name(), plan_.only(),
                                stage_.key_matches())));
  by_unit_.clear();
  total_ = {};
  for (int i = 0; i < result.rows(); ++i) {
    const Counts counts{result.unsigned_integer(i, 1), result.unsigned_integer(i, 2), result.unsigned_integer(i, 3)};
    by_unit_[static_cast<uint32_t>(result.unsigned_integer(i, 0))] = counts;
    total_.staged += counts.staged;
    total_.matched += counts.matched;
    total_.changed += counts.changed;
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

Result<Merge::Step> Merge::write(int number) {
  const auto affected = [&](const std::string& sql) -> Result<uint64_t> {
    INGOT_ASSIGN(const QueryResult result, server_.query(sql));
    return result.affected();
  };
  if (total_.changed > 0) {
    INGOT_ASSIGN(const uint64_t updated,
                 affected(fmt::format("UPDATE {} t SET {} FROM {} s WHERE {} AND ({})", plan_.only(),
                                      stage_.assignments(), stage_.name(), stage_.key_matches(), stage_.differs())));
    if (updated != total_.changed) return Step::raced;
  }
  if (total_.staged > total_.matched) {
    std::string sql = fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} s", plan_.target(), plan_.column_list(),
                                  stage_.values(), stage_.name());
    if (total_.matched > 0) {
      sql += fmt::format(" WHERE NOT EXISTS (SELECT FROM {} t WHERE {})", plan_.only(), stage_.key_matches());
    }
    // Without it an insertion is cheaper, and a key that raced in fails it.
    if (number > 1) sql += fmt::format(" ON CONFLICT ({}) DO NOTHING", key_columns(plan_));
    INGOT_ASSIGN(const uint64_t inserted, affected(sql));
    if (inserted != total_.staged - total_.matched) return Step::raced;
  }
  return Step::done;
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
  INGOT_ASSIGN(
      const QueryResult result,
      server.query(fmt::format(
          "WITH ranked AS (SELECT s.ctid AS id, row_number() OVER (PARTITION BY {0} ORDER BY s.ingot_rec {1}) AS n "
          "FROM {2} s), gone AS (DELETE FROM {2} s USING ranked r WHERE s.ctid = r.id AND r.n > 1 "
          "RETURNING s.ingot_unit) SELECT ingot_unit, count(*) FROM gone GROUP BY 1",
          key, plan.keep == Keep::last ? "DESC" : "ASC", stage.name())));
  std::map<uint32_t, uint64_t> dropped;
  for (int i = 0; i < result.rows(); ++i) {
    dropped[static_cast<uint32_t>(result.unsigned_integer(i, 0))] = result.unsigned_integer(i, 1);
  }
  return dropped;
}

}  // namespace ingot::postgres
