// Columns that the pipeline does not declare: what is kept of them, and what is new.

#include <algorithm>

#include "core/names.h"
#include "engine/new_columns.h"
#include "engine/run_state.h"
#include "transform/compose.h"

namespace ingot {

// With `drift: add`. Of a pipeline that declares no columns, those that were inferred are among what is kept.
Status Runner::add_kept_columns() {
  if (contract_) kept_ = contract_->yaml;
  if (contract_ || !state_->ledger_exists) return {};
  INGOT_ASSIGN(const auto kept, state_->target->ledger().kept_contract(make_planner().key()));
  if (!kept) return {};
  kept_ = *kept;
  return extend(kept_);
}

Status Runner::extend(const std::string& contract) {
  const bool refresh = !pipeline_.tables.empty() && pipeline_.tables.front().refresh;
  auto pipeline = with_contract(pipeline_, contract);
  if (!pipeline) {
    mistakes_ = std::move(pipeline.error());
    return fail(mistakes_.front());
  }
  pipeline_ = std::move(*pipeline);
  keep_refused();
  set_refresh(refresh);
  INGOT_TRY(check());
  return inspect();
}

// What is found becomes part of the contract before the plan is stored: a plan is completed with the columns that it
// was made with.
Status Runner::add_new_columns(Planner& planner, RunPlan& plan) {
  if (!pipeline_.growing || plan.resumed || plan.units.empty() || options_.replay) return {};
  auto composed = compose(pipeline_, MetaValues{}, state_->engine->work());
  if (!composed) return fail(composed.error().front());
  INGOT_ASSIGN(const auto relation, state_->target->open_models()->look_up(state_->shapes.front().name));
  std::vector<std::string> present;
  const auto& declared = pipeline_.tables.front().columns;
  for (const RelationColumn& column : relation ? relation->columns : std::vector<RelationColumn>{}) {
    const bool known = std::any_of(declared.begin(), declared.end(), [&](const ColumnSpec& c) {
      return folded_name(c.name) == folded_name(column.name);
    });
    if (!known) present.push_back(column.name);
  }
  const SurveyOptions survey{options_.resources.memory_bytes, options_.resources.threads, 0};
  INGOT_ASSIGN(auto columns, find_new_columns({pipeline_, composed->slots, present, plan.units}, *state_->source,
                                              survey, progress_.pass, cancelled_));
  if (columns.empty()) return {};
  grown_ = enlarge(grown_.empty() ? kept_ : grown_, columns);
  INGOT_TRY(extend(grown_));
  added_.insert(added_.end(), columns.begin(), columns.end());
  INGOT_ASSIGN(plan, planner.plan(state_->ledger_exists));
  return {};
}

// The target is only looked at: nothing is made in it for a pipeline that turns out wrong.
Status Runner::add_columns(const TargetOptions& target_options) {
  INGOT_ASSIGN(const auto target, open_target(pipeline_.connection, state_->engine->load(), target_options, true));
  const SurveyOptions survey{options_.resources.memory_bytes, options_.resources.threads, options_.flatten};
  INGOT_ASSIGN(contract_, find_contract(pipeline_, *target, *state_->source, options_.reinfer, survey, progress_.pass,
                                        cancelled_));
  progress_.pass.restart();
  auto pipeline = with_contract(pipeline_, contract_->yaml);
  if (!pipeline) {
    mistakes_ = std::move(pipeline.error());
    return fail(mistakes_.front());
  }
  pipeline_ = std::move(*pipeline);
  keep_refused();
  return options_.on_contract ? options_.on_contract(pipeline_, *contract_) : Status{};
}

}  // namespace ingot
