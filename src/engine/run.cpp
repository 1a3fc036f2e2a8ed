#include "engine/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/clock.h"
#include "core/crash_point.h"
#include "core/names.h"
#include "core/pace.h"
#include "engine/batch_loader.h"
#include "engine/lanes.h"
#include "engine/memory_shares.h"
#include "engine/new_columns.h"
#include "engine/pipeline_parts.h"
#include "engine/undo.h"
#include "models/check.h"
#include "source/source.h"
#include "target/replay_order.h"
#include "transcript/open_source.h"
#include "transform/compose.h"

namespace ingot {

namespace {

// Where the limit is large, a record may have a third of what the program itself does not need: its buffer, what was in
// the smaller buffer before, and what becomes of it.
constexpr uint64_t kShareOfLargeRecord = 3;
constexpr uint64_t kProgramBytes = 100 << 20;

bool leaves_plan_open(Code code) {
  return code == Code::interrupted || code == Code::resource || code == Code::target_unreachable || code == Code::busy;
}

std::string to_json_text(const std::map<std::string, double>& seconds) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [phase, value] : seconds) json[phase] = value;
  return json.dump();
}

}  // namespace

struct Runner::State {
  std::unique_ptr<EngineDatabase> engine;
  std::unique_ptr<Target> target;
  std::unique_ptr<Source> source;
  ListingAhead listing;  // of `source`, which outlives it
  std::vector<TableShape> shapes;
  LedgerKey key;
  bool ledger_exists = false;
  bool run_begun = false;
  Replay replay;
  std::optional<uint64_t> given_up;
  Claim claim;
  std::shared_future<Status> plan_stored;  // of the plan that is followed; the ledger is not used until it is ready
  IgnoredFields ignored;
  std::mutex session_mutex;
  std::unique_ptr<Session> session;     // guarded by session_mutex where another thread may stop the run
  std::unique_ptr<ModelRunner> models;  // guarded likewise
  std::unique_ptr<Lanes> lanes;         // guarded likewise; while a plan is loaded
};

Runner::Runner(Pipeline pipeline, RunOptions options)
    : pipeline_(std::move(pipeline)), options_(std::move(options)), state_(std::make_unique<State>()) {
  keep_refused();
}
Runner::~Runner() = default;

// What is refused again stays a reject, however much of it there is.
void Runner::keep_refused() {
  if (options_.replay) pipeline_.max_rejects = {std::nullopt, std::nullopt, 0};
}

void Runner::stop() {
  cancelled_ = true;
  std::lock_guard lock(state_->session_mutex);
  if (state_->session) state_->session->cancel();
  if (state_->models) state_->models->cancel();
  if (state_->lanes) state_->lanes->cancel();
  if (state_->engine) {
    state_->engine->load().Interrupt();
    state_->engine->work().Interrupt();
  }
}

Status Runner::open(bool read_only, bool list_ahead) {
  state_->source = open_source(pipeline_.from, pipeline_.base_dir, options_.resources.temp_dir);
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

Status Runner::load_plans(RunReport& report, Planner& planner, const RunPlan& plan) {
  report.known = plan.known;
  report.same_content = plan.same_content_count;
  report.listed = plan.listed;
  report.plan = plan.plan;
  report.resumed = plan.resumed;
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

uint64_t Runner::max_record_bytes() const {
  const uint64_t memory = options_.resources.memory_bytes;
  const uint64_t large = (memory - std::min(memory, kProgramBytes)) / kShareOfLargeRecord;
  return std::min<uint64_t>(Feed::Options{}.max_record_bytes, std::max(memory / kShareOfRecord, large));
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

std::deque<std::vector<BatchUnit>> Runner::batches_of(const RunPlan& plan) const {
  if (plan.refresh && !plan.units.empty()) return {plan.units};
  auto batches = options_.replay ? cut_replay(pipeline_, plan.units) : cut_batches(pipeline_, plan.units);
  return {std::make_move_iterator(batches.begin()), std::make_move_iterator(batches.end())};
}

Status Runner::load(RunReport& report, const RunPlan& plan) {
  MetaValues meta;
  meta.loaded_at_micros = plan.loaded_at_micros;
  meta.run = static_cast<int64_t>(plan.resumed ? plan.made_by : report.run);
  auto composition = compose(pipeline_, meta, state_->engine->work());
  if (!composition) return fail(composition.error().front());
  const auto format = make_format(pipeline_, *composition);
  Feed::Options feed;
  feed.max_record_bytes = max_record_bytes();
  feed.replay = state_->replay.records.get();
  feed.record_limit = plan.record_limit;
  feed.slots = &composition->slots;
  feed.encoding = pipeline_.from.encoding;
  const uint64_t memory = options_.resources.memory_bytes;
  DecodePlan decode{
      pipeline_,           *composition, *format, *state_->source, memory / kShareOfQueue, memory / kBytesPerReject,
      options_.chunk_rows, feed};
  decode.ignored = &state_->ignored;
  BatchContext context{decode,
                       state_->shapes,
                       *state_->engine,
                       progress_.pass,
                       cancelled_,
                       options_.resources.temp_dir,
                       memory / kShareOfKeys,
                       memory / kShareOfSort,
                       memory / kShareOfRaw};
  std::optional<Pace> pace;
  if (pipeline_.max_rows_per_second > 0) context.pace = &pace.emplace(pipeline_.max_rows_per_second, cancelled_);
  {
    INGOT_ASSIGN(auto session, state_->target->open_session());
    std::lock_guard lock(state_->session_mutex);
    state_->session = std::move(session);
  }
  for (const BatchUnit& unit : plan.units) progress_.total_bytes += unit.bytes_left();
  progress_.total_units += plan.units.size();
  if (report.tables.empty()) {
    for (const TableShape& shape : state_->shapes) report.tables.emplace_back(shape.name.text(), Books{});
  }
  const Claim claim{state_->key, plan.plan, report.run, plan.compare_first, 0, state_->replay.order, plan.refresh};
  const bool together = keyed(pipeline_) || pipeline_.commit == CommitScope::run || options_.replay || plan.refresh;
  if (const size_t count = lane_count(pipeline_, state_->shapes, plan, options_); count > 1) {
    auto lanes =
        std::make_unique<Lanes>(context, *state_->target, claim, *state_->source, together, state_->plan_stored, count);
    std::lock_guard lock(state_->session_mutex);
    state_->lanes = std::move(lanes);
  }
  BatchLoader loader(context, *state_->session, state_->target->ledger(), claim, *state_->source, together, plan.ddl,
                     state_->plan_stored);
  const Status loaded = load_batches(batches_of(plan), loader, report);
  note_unfed(*composition, report);
  std::lock_guard lock(state_->session_mutex);
  state_->lanes.reset();
  return loaded;
}

// Columns of tables that got rows of which no record had the field: it may have been renamed, or be gone.
void Runner::note_unfed(const Composition& composition, RunReport& report) {
  const std::vector<bool> seen = state_->ignored.take_seen();
  for (size_t t = 0; t < composition.tables.size() && !seen.empty(); ++t) {
    const Books& books = report.tables[t].second;
    if (books.inserted + books.updated + books.unchanged == 0) continue;
    for (size_t c = 0; c < composition.tables[t].columns.size(); ++c) {
      const ComposedColumn& column = composition.tables[t].columns[c];
      const Slot& slot = composition.slots[column.slot];
      if (column.computed || slot.rest || slot.is_list() || seen[column.slot]) continue;
      report.unfed.push_back(pipeline_.routed ? fmt::format("{}.{}", report.tables[t].first, column.name)
                                              : column.name);
    }
  }
}

// What can be loaded several at a time is; the rest, and whatever did not go smoothly, one after the other.
Status Runner::load_batches(std::deque<std::vector<BatchUnit>> batches, BatchLoader& loader, RunReport& report) {
  while (!batches.empty()) {
    if (state_->lanes && !loader.creates_tables()) state_->lanes->load(batches, report, progress_);
    progress_.pass.restart();
    if (batches.empty()) break;
    if (cancelled_) return fail(Code::interrupted, "stopped by request");
    std::vector<BatchUnit> units = std::move(batches.front());
    batches.pop_front();
    const size_t count = units.size();
    const uint64_t before = bytes_left(units);
    INGOT_ASSIGN(units, loader.load(std::move(units), report));
    progress_.committed_bytes += before - bytes_left(units);
    progress_.committed_records = report.books.read;
    progress_.pass.restart();
    if (units.empty())
      progress_.committed_units += count;
    else
      batches.push_front(std::move(units));
  }
  return {};
}

void Runner::end(RunReport& report, const Status& status) {
  if (!status) {
    report.error = status.error();
  } else if (!report.failed.empty()) {
    report.error = report.failed.front().error;
  } else if (options_.strict && report.books.rejected > 0) {
    report.error = Error{Code::rejects_refused,
                         fmt::format("{} records were rejected, and --strict was given", report.books.rejected),
                         "what was accepted is loaded; ingot rejects list shows the others",
                         {}};
  }
  const bool interrupted = report.error && report.error->code == Code::interrupted;
  const bool idle = report.units == 0 && report.failed.empty() && report.models.empty();
  report.state = interrupted ? "interrupted" : report.error ? "failed" : idle ? "nothing_new" : "done";
  std::stable_sort(report.rejects.begin(), report.rejects.end(),
                   [](const RejectGroup& a, const RejectGroup& b) { return a.count > b.count; });
  if (!state_->run_begun) return;
  {
    std::lock_guard lock(state_->session_mutex);
    state_->session.reset();
  }
  RunEntry entry;
  entry.run = report.run;
  entry.key = state_->key;
  entry.plan = report.plan;
  entry.state = report.state == "nothing_new" ? "done" : report.state;
  entry.ended_at_micros = now_micros();
  entry.units = report.units;
  entry.units_failed = report.failed.size();
  entry.bytes = report.bytes;
  entry.books = report.books;
  if (report.error) entry.error = fmt::format("{}: {}", describe(report.error->code).name, report.error->message);
  entry.seconds_json = to_json_text(report.seconds);
  if (Status stored = state_->target->ledger().end_run(entry); !stored && !report.error) {
    report.error = stored.error();
    report.state = "failed";
  }
}

}  // namespace ingot
