#include "engine/run.h"

#include <algorithm>
#include <chrono>

#include "core/clock.h"
#include "core/crash_point.h"
#include "engine/memory_shares.h"
#include "engine/run_state.h"
#include "engine/undo.h"
#include "models/check.h"
#include "transcript/open_source.h"
#include "transform/compose.h"

namespace ingot {

Runner::Runner(Pipeline pipeline, RunOptions options)
    : pipeline_(std::move(pipeline)), options_(std::move(options)), state_(std::make_unique<State>()) {
  keep_refused();
}

Runner::~Runner() {
  if (state_->source) state_->source->interrupt();  // a listing that nobody waits for any longer
}

// What is refused again stays a reject, however much of it there is.
void Runner::keep_refused() {
  if (options_.replay) pipeline_.max_rejects = {std::nullopt, std::nullopt, 0};
}

void Runner::stop() {
  cancelled_ = true;
  std::lock_guard lock(state_->session_mutex);
  if (state_->source) state_->source->interrupt();
  if (state_->session) state_->session->cancel();
  if (state_->models) state_->models->cancel();
  if (state_->lanes) state_->lanes->cancel();
  if (state_->engine) {
    state_->engine->load().Interrupt();
    state_->engine->work().Interrupt();
  }
}

Status Runner::open(bool read_only, bool list_ahead) {
  auto source = open_source(pipeline_.from, pipeline_.base_dir, options_.resources.temp_dir);
  {
    std::lock_guard lock(state_->session_mutex);
    state_->source = std::move(source);
  }
  if (list_ahead) state_->listing.begin(*state_->source, pipeline_);
  INGOT_ASSIGN(auto engine, EngineDatabase::open(options_.resources));
  {
    std::lock_guard lock(state_->session_mutex);
    state_->engine = std::move(engine);
  }
  TargetOptions target_options;
  target_options.temp_dir = options_.resources.temp_dir;
  target_options.memory_bytes = options_.resources.memory_bytes / kShareOfKeys;
  if (pipeline_.undeclared) INGOT_TRY(add_columns(target_options));
  INGOT_TRY(check());
  INGOT_ASSIGN(state_->target, open_target(pipeline_.connection, state_->engine->load(), target_options, read_only));
  set_refresh(options_.full_refresh);
  INGOT_TRY(inspect());
  INGOT_ASSIGN(state_->ledger_exists, state_->target->ledger().exists());
  if (pipeline_.growing) INGOT_TRY(add_kept_columns());
  INGOT_ASSIGN(auto models, ModelRunner::open(pipeline_, *state_->target, state_->engine->work(), state_->ledger_exists,
                                              options_.create));
  std::lock_guard lock(state_->session_mutex);
  state_->models = std::move(models);
  return {};
}

// Values must fit what the tables take.
Status Runner::inspect() {
  INGOT_ASSIGN(state_->shapes, state_->target->inspect(pipeline_));
  for (size_t t = 0; t < pipeline_.tables.size(); ++t) {
    auto& columns = pipeline_.tables[t].columns;
    for (size_t c = 0; c < columns.size(); ++c) columns[c].type = state_->shapes[t].types[c];
  }
  return {};
}

// Before the target is so much as opened: a pipeline that is wrong leaves no trace in it.
Status Runner::check() {
  auto composed = compose(pipeline_, MetaValues{}, state_->engine->work());
  mistakes_ = composed ? check_models(pipeline_, state_->engine->work()) : std::move(composed.error());
  return mistakes_.empty() ? Status{} : fail(mistakes_.front());
}

Result<Runner::Preview> Runner::preview() {
  INGOT_TRY(open(true));
  Planner planner = make_planner();
  INGOT_ASSIGN(RunPlan plan, planner.plan(state_->ledger_exists));
  INGOT_TRY(add_new_columns(planner, plan));
  INGOT_ASSIGN(auto models, state_->models->preview(state_->ledger_exists));
  const size_t connections = lane_count(pipeline_, state_->shapes, plan, options_);
  return Preview{std::move(plan), state_->shapes, std::move(models), state_->target->describe(), connections};
}

Result<Undone> Runner::undo(uint64_t run, bool force) {
  INGOT_TRY(check_undoable(pipeline_));
  INGOT_TRY(open(false));
  const Planner planner(pipeline_, state_->shapes, *state_->source, state_->target->ledger(), {});
  Undoing what{planner.key(), 0, run, 0, {}, {}, force};
  for (size_t t = 0; t < state_->shapes.size(); ++t) {
    what.tables.push_back(state_->shapes[t].name);
    if (pipeline_.tables[t].child) what.children.push_back(state_->shapes[t].name);
  }
  return undo_run(*state_->target, state_->ledger_exists, std::move(what));
}

Result<Findings> Runner::examine() {
  return state_->target ? state_->target->examine(state_->shapes) : Result<Findings>(Findings{});
}

RunReport Runner::run() {
  const auto start = std::chrono::steady_clock::now();
  RunReport report;
  report.record_limit = options_.record_limit;
  const Status status = execute(report);
  report.mistakes = mistakes_;
  report.added = added_;
  if (pipeline_.drift == Drift::ignore || pipeline_.drift == Drift::add) report.ignored = state_->ignored.names();
  report.seconds["total"] = seconds_since(start);
  end(report, status);
  return report;
}

Status Runner::execute(RunReport& report) {
  auto start = std::chrono::steady_clock::now();
  INGOT_TRY(open(false, !options_.replay && !pipeline_.undeclared));
  if (options_.replay && !state_->ledger_exists) return {};
  Ledger& ledger = state_->target->ledger();
  INGOT_TRY(ledger.create());
  Planner planner = make_planner();
  state_->key = planner.key();
  INGOT_TRY(ledger.claim(state_->key));
  report.seconds["connect"] = seconds_since(start);

  start = std::chrono::steady_clock::now();
  INGOT_ASSIGN(RunPlan plan, make_plan(planner));
  INGOT_ASSIGN(report.run, ledger.begin_run(state_->key));
  state_->run_begun = true;
  crash_point("engine.run_begun");
  if (const auto given_up = state_->given_up) {
    INGOT_TRY(ledger.close_plan(state_->key, *given_up));
    // A commit that was in flight below it is over now: what it has loaded is known only now.
    INGOT_ASSIGN(plan, make_plan(planner));
  }
  INGOT_TRY(add_new_columns(planner, plan));
  report.seconds["plan"] = seconds_since(start);
  INGOT_TRY(build_left_over(report));
  return build_due(report, load_plans(report, planner, plan));
}

// Models that an earlier run left pending come first: whatever becomes of this one, they are not stale any longer. One
// that fails may be what the load is to mend.
Status Runner::build_left_over(RunReport& report) {
  INGOT_TRY(state_->models->announce(report.run));
  crash_point("engine.models_announced");
  const Status built = state_->models->build(ModelRunner::Which::left_over, report.run, report.models, cancelled_);
  if (!built && (built.error().code == Code::interrupted || built.error().code == Code::target_unreachable))
    return built;
  std::erase_if(report.models, [](const ModelReport& model) { return model.state != "built"; });
  return {};
}

// What was loaded is committed, even where the load ended badly.
Status Runner::build_due(RunReport& report, const Status& loaded) {
  const bool no_table =
      report.units == 0 && report.parts.empty() &&
      std::any_of(state_->shapes.begin(), state_->shapes.end(), [](const TableShape& shape) { return !shape.exists; });
  if (state_->models->empty() || no_table || (!loaded && leaves_plan_open(loaded.error().code))) return loaded;
  {
    std::lock_guard lock(state_->session_mutex);
    state_->session.reset();
  }
  const auto start = std::chrono::steady_clock::now();
  const Status built = state_->models->build(ModelRunner::Which::due, report.run, report.models, cancelled_);
  report.seconds["models"] = seconds_since(start);
  return loaded ? built : loaded;
}

}  // namespace ingot
