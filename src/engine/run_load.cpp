// What loads the units of a plan.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "core/pace.h"
#include "engine/batch_loader.h"
#include "engine/memory_shares.h"
#include "engine/pipeline_parts.h"
#include "engine/run_state.h"
#include "transform/compose.h"

namespace ingot {

namespace {

// Where the limit is large, a record may have a third of what the program itself does not need: its buffer, what was in
// the smaller buffer before, and what becomes of it.
constexpr uint64_t kShareOfLargeRecord = 3;
constexpr uint64_t kProgramBytes = 100 << 20;

}  // namespace

uint64_t Runner::max_record_bytes() const {
  const uint64_t memory = options_.resources.memory_bytes;
  const uint64_t large = (memory - std::min(memory, kProgramBytes)) / kShareOfLargeRecord;
  return std::min<uint64_t>(Feed::Options{}.max_record_bytes, std::max(memory / kShareOfRecord, large));
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

}  // namespace ingot
