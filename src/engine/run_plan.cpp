// The plans of a run: made, stored, followed, closed.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>

#include "core/clock.h"
#include "core/crash_point.h"
#include "engine/pipeline_parts.h"
#include "engine/run_state.h"
#include "source/source.h"
#include "target/replay_order.h"

namespace ingot {

Status Runner::load_plans(RunReport& report, Planner& planner, const RunPlan& plan) {
  report.known = plan.known;
  report.same_content = plan.same_content_count;
  report.listed = plan.listed;
  report.plan = plan.plan;
  report.resumed = plan.resumed;
  report.missing = plan.missing;
  if (plan.units.empty() && !plan.resumed) return {};
  INGOT_TRY(follow(report, plan));
  if (!plan.resumed || !report.failed.empty() || !may_list_again()) return {};

  // What an earlier run had left is done; now what has come since.
  INGOT_TRY(inspect());
  const auto start = std::chrono::steady_clock::now();
  INGOT_ASSIGN(RunPlan fresh, planner.plan(true));
  INGOT_TRY(add_new_columns(planner, fresh));
  report.seconds["plan"] += seconds_since(start);
  report.known = fresh.known;
  report.same_content = fresh.same_content_count;
  report.listed = fresh.listed;
  for (const std::string& name : fresh.missing) {
    if (std::find(report.missing.begin(), report.missing.end(), name) == report.missing.end())
      report.missing.push_back(name);
  }
  if (fresh.units.empty()) return {};
  report.plan = fresh.plan;
  return follow(report, fresh);
}

// Completing a plan and listing once more is one run only where what the plan has loaded is known by its name:
// standard input is new every time, and so is everything under `new: all` and what was loaded as a trial.
bool Runner::may_list_again() const {
  const auto& paths = pipeline_.from.paths;
  return !options_.replay && options_.record_limit == 0 && !pipeline_.from.all &&
         std::find(paths.begin(), paths.end(), kStdin) == paths.end();
}

Planner Runner::make_planner() const {
  return {pipeline_,
          state_->shapes,
          *state_->source,
          state_->target->ledger(),
          {options_.create, options_.replan, options_.reload, options_.record_limit, options_.full_refresh,
           options_.yes, &state_->listing}};
}

Result<RunPlan> Runner::make_plan(Planner& planner) {
  if (options_.replay) return plan_replay();
  INGOT_ASSIGN(RunPlan plan, planner.plan(state_->ledger_exists));
  state_->given_up = planner.given_up();
  return plan;
}

Result<RunPlan> Runner::plan_replay() {
  std::vector<std::string> ddl;
  for (const TableShape& shape : state_->shapes) {
    if (!shape.exists)
      return fail(Code::conflict, fmt::format("table {}, which the rejects were for, is gone", shape.name.text()),
                  "load the files again: ingot run --create");
    ddl.insert(ddl.end(), shape.ddl.begin(), shape.ddl.end());
  }
  ReplayPlanner planner(pipeline_, state_->key, *state_->source, state_->target->ledger(), *options_.replay,
                        {options_.resources.temp_dir, max_record_bytes(), options_.replan});
  INGOT_ASSIGN(state_->replay, planner.plan());
  state_->given_up = state_->replay.given_up;
  RunPlan plan = state_->replay.plan;
  plan.ddl = std::move(ddl);
  return plan;
}

void Runner::set_refresh(bool refresh) {
  for (TableSpec& table : pipeline_.tables) table.refresh = refresh;
}

// Stores a plan, loads it, closes it. While the plan is being stored the first files are read; no transaction begins
// before it is.
Status Runner::follow(RunReport& report, const RunPlan& plan) {
  const auto start = std::chrono::steady_clock::now();
  set_refresh(plan.refresh);
  report.refresh = report.refresh || plan.refresh;
  if (!options_.replay) expect_units(plan);
  state_->plan_stored = std::async(std::launch::async, [&] { return store_plan(report, plan); }).share();
  const Status loaded = load(report, plan);
  INGOT_TRY(Status(state_->plan_stored.get()));
  report.seconds["load"] += seconds_since(start);
  // A run that was stopped or lost its target leaves its plan open, to be completed; one that ended with failed units
  // closes it, so that the next run lists them anew: a repaired file is not the file of the plan.
  if (loaded || !leaves_plan_open(loaded.error().code))
    INGOT_TRY(state_->target->ledger().close_plan(state_->key, plan.plan));
  crash_point("engine.plan_closed");
  return loaded;
}

// What takes time to come may be sent for now.
void Runner::expect_units(const RunPlan& plan) {
  std::vector<Unit> units;
  for (const BatchUnit& unit : plan.units) units.push_back(Unit{unit.name, unit.path, unit.stamp});
  state_->source->expect(units);
}

Status Runner::store_plan(RunReport& report, const RunPlan& plan) {
  if (plan.resumed) return {};
  StoredPlan stored;
  stored.plan = plan.plan;
  stored.run = report.run;
  stored.pipeline_hash = pipeline_.hash;
  stored.loaded_at_micros = plan.loaded_at_micros;
  stored.unit_count = plan.units.size();
  stored.kind = options_.replay ? "replay" : plan.refresh ? "refresh" : "load";
  stored.record_limit = plan.record_limit;
  stored.lineage = std::all_of(pipeline_.tables.begin(), pipeline_.tables.end(), lineage_of);
  if (contract_ && contract_->inferred) stored.contract = contract_->yaml;
  if (!grown_.empty()) stored.contract = grown_;
  std::vector<PlannedUnit> units(plan.units.begin(), plan.units.end());
  INGOT_TRY(state_->target->ledger().store_plan(state_->key, stored, units));
  crash_point("engine.plan_stored");
  return {};
}

}  // namespace ingot
