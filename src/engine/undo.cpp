#include "engine/undo.h"

#include <fmt/format.h>

#include <optional>

#include "core/crash_point.h"
#include "ledger/ledger.h"
#include "target/replay_order.h"

namespace ingot {

namespace {

// The plan that is to be taken back: finished, and made by just that run.
Result<StoredPlan> finished_plan(Ledger& ledger, bool ledger_exists, const Undoing& what) {
  std::optional<StoredPlan> plan;
  if (ledger_exists) {
    INGOT_TRY(ledger.claim(what.key));
    INGOT_ASSIGN(plan, ledger.plan_made_by(what.key, what.made_by));
  }
  if (!plan) {
    return fail(Code::not_found, fmt::format("r{} made no plan for pipeline {}", what.made_by, what.key.pipeline),
                "ingot runs lists them; a run that completed another's plan is undone with that");
  }
  if (plan->open) {
    return fail(Code::conflict, fmt::format("the plan of r{} was not finished", what.made_by),
                "complete it, or give it up with --replan; undo it then");
  }
  if (plan->kind == "refresh") {
    return fail(Code::conflict, fmt::format("r{} was a full refresh: it cannot be undone", what.made_by),
                "what it replaced is not kept");
  }
  return *plan;
}

}  // namespace

Status check_undoable(const Pipeline& pipeline) {
  for (const TableSpec& table : pipeline.tables) {
    if (table.mode != Mode::append) {
      return fail(Code::conflict, fmt::format("table {} is not appended to: its loads cannot be undone", table.name),
                  "what they overwrote is not kept");
    }
    if (!lineage_of(table)) {
      return fail(Code::conflict, fmt::format("rows of table {} do not say where they come from", table.name),
                  "only loads with lineage: true in `to` can be undone");
    }
  }
  return {};
}

Result<Undone> undo_run(Target& target, bool ledger_exists, Undoing what) {
  Ledger& ledger = target.ledger();
  INGOT_ASSIGN(const StoredPlan plan, finished_plan(ledger, ledger_exists, what));
  what.plan = plan.plan;
  INGOT_ASSIGN(what.run, ledger.begin_run(what.key));
  crash_point("undo.run_begun");
  auto done = target.undo(what);
  RunEntry entry;
  entry.run = what.run;
  entry.key = what.key;
  entry.plan = what.plan;
  entry.state = done ? "done" : "failed";
  entry.error = done ? "" : fmt::format("{}: {}", describe(done.error().code).name, done.error().message);
  entry.seconds_json = "{}";
  INGOT_TRY(ledger.end_run(entry));
  return done;
}

}  // namespace ingot
