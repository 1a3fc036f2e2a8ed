#include "engine/model_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "core/clock.h"
#include "core/crash_point.h"
#include "models/order.h"

namespace ingot {

namespace {

constexpr const char* kPending = "what was loaded is committed; the model stays pending, and the next run builds it";

bool is_model(const ModelState& state, const std::string& pipeline, const std::string& model) {
  return state.pipeline == pipeline && state.model == model;
}

// After a full refresh an incremental model loses what is not in its result, once.
ModelSpec rebuilt(ModelSpec spec, const ModelState& state) {
  if (state.definition == kRebuild && spec.materialized == Materialized::incremental)
    spec.materialized = Materialized::table;
  return spec;
}

// With these, other models would fare no better.
bool ends_all(Code code) { return code == Code::interrupted || code == Code::target_unreachable; }

}  // namespace

Result<std::unique_ptr<ModelRunner>> ModelRunner::open(const Pipeline& pipeline, Target& target,
                                                       duckdb::Connection& work, bool ledger_exists, bool create) {
  std::unique_ptr<ModelRunner> runner(new ModelRunner(pipeline, target.open_models(), target.ledger()));
  INGOT_TRY(runner->look_up(target, work));
  if (!create) INGOT_TRY(runner->refuse_takeovers(ledger_exists));
  return runner;
}

Status ModelRunner::look_up(Target& target, duckdb::Connection& work) {
  for (const ModelSpec& model : pipeline_.models) {
    INGOT_ASSIGN(ModelShape shape, inspect_model(target, *database_, model));
    shapes_.push_back(std::move(shape));
  }
  before_ = dependencies_of(pipeline_.models, work);
  INGOT_ASSIGN(order_, build_order(pipeline_.models, work));
  return {};
}

// Rows that no model wrote would be deleted.
Status ModelRunner::refuse_takeovers(bool ledger_exists) const {
  std::vector<ModelState> known;
  if (ledger_exists && !empty()) {
    INGOT_ASSIGN(known, ledger_.models());
  }
  for (size_t i = 0; i < shapes_.size(); ++i) {
    const ModelShape& shape = shapes_[i];
    const bool ours = std::any_of(known.begin(), known.end(), [&](const ModelState& state) {
      return state.model == shape.name.text() && !state.definition.empty();
    });
    if (!shape.has_rows || ours) continue;
    return fail({Code::conflict, fmt::format("table {} holds rows that no model has written", shape.name.text()),
                 "give the model another name; or give --create, and rows that are not in its result are deleted",
                 pipeline_.models[i].where});
  }
  return {};
}

Result<std::vector<ModelState>> ModelRunner::states() const {
  INGOT_ASSIGN(const auto known, ledger_.models());
  std::vector<ModelState> states;
  for (size_t i = 0; i < shapes_.size(); ++i) {
    const std::string name = shapes_[i].name.text();
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const ModelState& state) { return is_model(state, pipeline_.name, name); });
    states.push_back(found != known.end() ? *found
                                          : ModelState{pipeline_.name, name,
                                                       materialized_name(pipeline_.models[i].materialized), "", 0});
  }
  return states;
}

bool ModelRunner::is_due(size_t model, const ModelState& state) const {
  const bool stale = state.pending_run > 0 && pipeline_.models[model].materialized != Materialized::view;
  return stale || !shapes_[model].exists || state.definition != pipeline_.models[model].definition;
}

Result<std::vector<ModelPreview>> ModelRunner::preview(bool ledger_exists) {
  std::vector<ModelPreview> previews;
  if (empty()) return previews;
  std::vector<ModelState> known(shapes_.size());
  if (ledger_exists) {
    INGOT_ASSIGN(known, states());
  }
  for (size_t i : order_) {
    const ModelSpec& model = pipeline_.models[i];
    previews.push_back({shapes_[i].name.text(), materialized_name(model.materialized), shapes_[i].exists,
                        is_due(i, known[i]), shapes_[i].ddl});
  }
  return previews;
}

Status ModelRunner::announce(uint64_t run) {
  if (empty()) return {};
  INGOT_ASSIGN(const auto known, states());
  return ledger_.register_models(known, run);
}

Status ModelRunner::build(Which which, uint64_t run, std::vector<ModelReport>& reports,
                          const std::atomic<bool>& cancelled) {
  if (empty()) return {};
  INGOT_ASSIGN(const auto known, states());
  Status first;
  std::set<size_t> failed;
  for (size_t i : order_) {
    const bool left_over = known[i].pending_run > 0 && !known[i].definition.empty();
    if (!is_due(i, known[i]) || (which == Which::left_over && !left_over)) continue;
    ModelReport report{shapes_[i].name.text(), materialized_name(pipeline_.models[i].materialized), "built", {}, 0, {}};
    if (std::any_of(before_[i].begin(), before_[i].end(), [&](size_t other) { return failed.contains(other); })) {
      report.state = "waiting";
      failed.insert(i);
      reports.push_back(std::move(report));
      continue;
    }
    if (cancelled) return fail(Code::interrupted, "stopped by request", kPending);
    const auto start = std::chrono::steady_clock::now();
    auto counts = build_one(i, known[i], run);
    report.seconds = seconds_since(start);
    if (counts) {
      report.counts = *counts;
    } else {
      report.state = "failed";
      report.error = counts.error();
      failed.insert(i);
      if (first) first = fail(counts.error());
    }
    reports.push_back(std::move(report));
    if (!counts && ends_all(counts.error().code)) break;
  }
  return first;
}

Error ModelRunner::explained(size_t model, Error error) const {
  error.message = fmt::format("model {}: {}", shapes_[model].name.text(), error.message);
  error.hint = error.hint.empty() ? kPending : fmt::format("{}. {}", error.hint, kPending);
  const bool by_query = error.code == Code::target_refused || error.code == Code::invalid_pipeline;
  if (by_query && !error.where) error.where = pipeline_.models[model].sql_where;
  return error;
}

Result<ModelCounts> ModelRunner::build_one(size_t model, const ModelState& state, uint64_t run) {
  auto counts = within_transaction(model, state, run);
  if (!counts) {
    database_->rollback();
    return fail(explained(model, std::move(counts).error()));
  }
  shapes_[model].exists = true;
  return counts;
}

Result<ModelCounts> ModelRunner::within_transaction(size_t model, const ModelState& state, uint64_t run) {
  const ModelSpec& spec = pipeline_.models[model];
  const auto start = std::chrono::steady_clock::now();
  INGOT_TRY(database_->begin(state.pipeline, state.model));
  crash_point("model.begun");
  INGOT_ASSIGN(const ModelCounts counts,
               build_model(*database_, rebuilt(spec, state), shapes_[model], state.definition != spec.definition));
  INGOT_TRY(database_->record({state.pipeline, state.model, materialized_name(spec.materialized), spec.definition, run,
                               counts.rows, counts.inserted, counts.updated, counts.unchanged, counts.deleted,
                               seconds_since(start)}));
  crash_point("model.recorded");
  INGOT_TRY(database_->commit());
  crash_point("model.committed");
  return counts;
}

}  // namespace ingot
