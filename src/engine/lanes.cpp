#include "engine/lanes.h"

#include <algorithm>

#include "engine/next_part.h"

namespace ingot {

namespace {

constexpr uint64_t kLaneBytes = 128 << 20;  // of the memory limit

// Loads that had to be given up so many times are not tried again: what stops them is more than an accident.
constexpr int kMostGivenUp = 3;

constexpr auto kLook = std::chrono::milliseconds(100);  // at what is to be shown of the progress

bool same_place(const UnitStart& a, const UnitStart& b) {
  return a.part == b.part && a.byte == b.byte && a.line == b.line && a.hash == b.hash;
}

DecodePlan share_of(DecodePlan plan, size_t lanes) {
  plan.queue_bytes /= lanes;
  plan.max_rejects /= lanes;
  plan.feed.max_record_bytes /= lanes;
  return plan;
}

}  // namespace

size_t lane_count(const Pipeline& pipeline, const std::vector<TableShape>& shapes, const RunPlan& plan,
                  const RunOptions& options) {
  const bool may = pipeline.commit != CommitScope::run && !plan.refresh && !plan.compare_first && !options.replay &&
                   pipeline.from.overwritten != Overwritten::replace_rows &&
                   std::all_of(shapes.begin(), shapes.end(), [](const TableShape& shape) { return shape.ahead; });
  if (!may) return 1;
  const size_t wanted = pipeline.connections > 0 ? pipeline.connections : options.connections;
  return std::clamp<size_t>(options.resources.memory_bytes / kLaneBytes, 1, std::max<size_t>(wanted, 1));
}

/// A connection to the target, with all that loads a batch over it.
struct Lanes::Lane {
  Lane(const BatchContext& shared, const DecodePlan& decode, std::unique_ptr<EngineDatabase> connections,
       std::unique_ptr<Session> to, const Lanes& lanes)
      : engine(std::move(connections)),
        session(std::move(to)),
        context{decode,
                shared.shapes,
                *engine,
                progress,
                lanes.stopped_,
                shared.temp_dir,
                shared.key_bytes / lanes.count_,
                shared.sort_bytes / lanes.count_,
                shared.raw_bytes,
                shared.pace},
        loader(context, *session, lanes.target_.ledger(), lanes.claim_, lanes.source_, lanes.together_, {},
               lanes.plan_stored_) {}

  void interrupt() {
    engine->load().Interrupt();
    engine->work().Interrupt();
  }

  std::unique_ptr<EngineDatabase> engine;
  std::unique_ptr<Session> session;
  Progress progress;
  BatchContext context;
  BatchLoader loader;
  bool flying = false;
};

/// A batch that is under way.
struct Lanes::Flight {
  Lane& lane;
  uint64_t number = 0;
  std::vector<BatchUnit> units;
  std::optional<BatchUnit> next;  ///< the unit's next part: the next flight, or the first batch that waits
  std::vector<BatchUnit> rest;    ///< what is left of the unit, once it is committed
  std::future<bool> committed;    // last: its thread uses the above

  /// Does the next part begin where this one has ended?
  bool joined() const { return rest.empty() ? !next : next && same_place(rest.front().start, next->start); }
};

Lanes::Lanes(const BatchContext& context, Target& target, Claim claim, Source& source, bool together,
             std::shared_future<Status> plan_stored, size_t count)
    : context_(context),
      target_(target),
      claim_(std::move(claim)),
      source_(source),
      together_(together),
      plan_stored_(std::move(plan_stored)),
      count_(count),
      decode_(share_of(context.plan, count)) {}

Lanes::~Lanes() = default;

void Lanes::cancel() noexcept {
  stopped_ = true;
  std::lock_guard lock(mutex_);
  for (const auto& lane : lanes_) {
    lane->session->cancel();
    lane->interrupt();
  }
}

// One batch alone is loaded by one connection as well.
bool Lanes::worth_it(const std::deque<std::vector<BatchUnit>>& batches) const {
  if (given_up_ >= kMostGivenUp || batches.empty()) return false;
  const BatchUnit& first = batches.front().front();
  return batches.size() > 1 || (first.part_bytes > 0 && first.bytes_left() > first.part_bytes);
}

void Lanes::load(std::deque<std::vector<BatchUnit>>& batches, RunReport& report, RunProgress& progress) {
  if (!worth_it(batches)) return;
  turnstile_.open(next_number_);
  stopped_ = false;
  if (context_.cancelled) stopped_ = true;
  bool more = true;
  while (true) {
    while (more && flights_.size() < count_ && !batches.empty() && !turnstile_.closed())
      more = take_off(batches, report, progress);
    if (flights_.empty()) break;
    Flight& flight = *flights_.front();
    await(flight, progress.pass);
    if (!flight.committed.get()) return give_up(batches);
    flight.lane.flying = false;
    progress.committed_bytes +=
        flight.next ? flight.next->start.byte - flight.units.front().start.byte : bytes_left(flight.units);
    if (!flight.next) progress.committed_units += flight.units.size();
    if (!flight.joined()) return give_up_behind(batches);
    flights_.pop_front();
  }
  if (!batches.empty()) ++given_up_;
}

// Scouts for the part behind, locks the tables and leaves the rest to a thread. False: the batch is to be loaded alone.
bool Lanes::take_off(std::deque<std::vector<BatchUnit>>& batches, RunReport& report, RunProgress& progress) {
  auto lane = free_lane();
  if (!lane || stopped_) return false;
  std::vector<BatchUnit>& units = batches.front();
  auto next = find_next_part(decode_, units.front(), stopped_);
  if (!next || !(*lane)->loader.begin_ahead(units)) return false;
  flights_.push_back(std::make_unique<Flight>(Flight{**lane, next_number_++, std::move(units), *next, {}, {}}));
  batches.pop_front();
  if (*next) batches.push_front({**next});
  (*lane)->flying = true;
  Flight& flight = *flights_.back();
  flight.committed = std::async(std::launch::async, [&] { return fly(flight, report, progress); });
  return true;
}

// In a thread of its own, up to the commit: nobody else is needed for it to come to its end.
bool Lanes::fly(Flight& flight, RunReport& report, RunProgress& progress) {
  auto rest = flight.lane.loader.load_ahead(turnstile_, flight.number, report);
  if (!rest) {
    turnstile_.close(flight.number);
    return false;
  }
  progress.committed_records = report.books.read;
  flight.rest = std::move(*rest);
  if (!flight.joined()) turnstile_.close(flight.number + 1);
  turnstile_.pass();
  return true;
}

void Lanes::await(Flight& flight, Progress& shown) const {
  while (flight.committed.wait_for(kLook) != std::future_status::ready) {
    uint64_t bytes = 0, records = 0, rejected = 0;
    for (const auto& each : flights_) {
      bytes += each->lane.progress.stored_bytes;
      records += each->lane.progress.records;
      rejected += each->lane.progress.rejected;
    }
    shown.stored_bytes = bytes;
    shown.records = records;
    shown.rejected = rejected;
  }
}

// The first of the flights has failed: none of those behind it has committed.
void Lanes::give_up(std::deque<std::vector<BatchUnit>>& batches) {
  stopped_ = true;
  ++given_up_;
  for (const auto& flight : flights_) flight->lane.interrupt();
  while (!flights_.empty()) {
    Flight& flight = *flights_.back();
    if (flight.committed.valid()) flight.committed.wait();
    if (flight.next) batches.pop_front();
    batches.push_front(std::move(flight.units));
    flight.lane.flying = false;
    flights_.pop_back();
  }
}

// What was committed has ended elsewhere than the scout had seen.
void Lanes::give_up_behind(std::deque<std::vector<BatchUnit>>& batches) {
  const std::unique_ptr<Flight> committed = std::move(flights_.front());
  flights_.pop_front();
  give_up(batches);
  if (committed->next) batches.pop_front();
  if (!committed->rest.empty()) batches.push_front(committed->rest);
}

Result<Lanes::Lane*> Lanes::free_lane() {
  const auto free = std::find_if(lanes_.begin(), lanes_.end(), [](const auto& lane) { return !lane->flying; });
  if (free != lanes_.end()) return free->get();
  INGOT_ASSIGN(auto engine, context_.engine.beside());
  INGOT_ASSIGN(auto session, target_.open_session());
  auto lane = std::make_unique<Lane>(context_, decode_, std::move(engine), std::move(session), *this);
  std::lock_guard lock(mutex_);
  lanes_.push_back(std::move(lane));
  return lanes_.back().get();
}

}  // namespace ingot
