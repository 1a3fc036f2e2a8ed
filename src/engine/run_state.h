#pragma once

#include <future>
#include <memory>
#include <mutex>
#include <optional>

#include "engine/ignored_fields.h"
#include "engine/lanes.h"
#include "engine/listing_ahead.h"
#include "engine/run.h"

namespace ingot {

/// What a run holds while it goes on: what it has opened, and what it follows.
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

/// Is a plan, whose load ended with this, to be completed by the next run? Otherwise it is closed, and what failed is
/// listed anew: a repaired file is not the file of the plan.
inline bool leaves_plan_open(Code code) {
  return code == Code::interrupted || code == Code::resource || code == Code::target_unreachable || code == Code::busy;
}

}  // namespace ingot
