#pragma once

#include <atomic>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/batch_loader.h"
#include "engine/planner.h"
#include "engine/run.h"
#include "engine/turnstile.h"

namespace ingot {

/// How many connections load a plan's batches at a time; 1 where they may not be loaded ahead of their turn.
size_t lane_count(const Pipeline& pipeline, const std::vector<TableShape>& shapes, const RunPlan& plan,
                  const RunOptions& options);

/// Loads several batches at a time, each in a transaction of its own on a connection of its own. They commit one after
/// the other, in their order: the ledger sees what it would see of one connection. Whatever does not go smoothly is
/// rolled back, with all that is behind it, and left to a BatchLoader that has the target for itself.
class Lanes {
 public:
  /// References outlive it. `claim`, `together`, `plan_stored`: as of BatchLoader.
  Lanes(const BatchContext& context, Target& target, Claim claim, Source& source, bool together,
        std::shared_future<Status> plan_stored, size_t count);
  ~Lanes();

  /// Loads batches from the front on and takes them out of `batches`. Returns when none is left, or when the first is
  /// to be loaded alone; nothing is in flight then.
  void load(std::deque<std::vector<BatchUnit>>& batches, RunReport& report, RunProgress& progress);

  /// Interrupts what is running; any thread.
  void cancel() noexcept;

 private:
  struct Lane;
  struct Flight;

  bool worth_it(const std::deque<std::vector<BatchUnit>>& batches) const;
  bool take_off(std::deque<std::vector<BatchUnit>>& batches, RunReport& report, RunProgress& progress);
  bool fly(Flight& flight, RunReport& report, RunProgress& progress);
  void await(Flight& flight, Progress& shown) const;
  void give_up(std::deque<std::vector<BatchUnit>>& batches);
  void give_up_behind(std::deque<std::vector<BatchUnit>>& batches);
  Result<Lane*> free_lane();

  const BatchContext& context_;
  Target& target_;
  const Claim claim_;
  Source& source_;
  const bool together_;
  const std::shared_future<Status> plan_stored_;
  const size_t count_;
  DecodePlan decode_;  ///< with a lane's share of the memory
  std::atomic<bool> stopped_{false};
  Turnstile turnstile_;
  std::mutex mutex_;  // of lanes_, for cancel()
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::deque<std::unique_ptr<Flight>> flights_;  ///< in the order in which they commit
  uint64_t next_number_ = 0;
  int given_up_ = 0;
};

}  // namespace ingot
