#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/planner.h"
#include "engine/replay_records.h"
#include "ledger/ledger.h"
#include "source/source.h"
#include "spec/pipeline.h"

namespace ingot {

/// Which rejects are loaded again.
struct ReplayOptions {
  RejectFilter filter;  ///< of the pipeline's open ones
  std::string mended;   ///< file of mended records, one JSON object a line: `id`, and `raw` or `raw_base64`; "" = none
};

/// What a replay will do.
struct Replay {
  RunPlan plan;
  std::unique_ptr<ReplayRecords> records;
  std::vector<ReplayOrder> order;    ///< of the plan's units
  std::optional<uint64_t> given_up;  ///< an unfinished plan that is closed first
};

/// Plans the replay of a pipeline's rejects. One use.
class ReplayPlanner {
 public:
  struct Limits {
    std::string temp_dir;
    uint64_t record_bytes = 0;  ///< that one record may have
    bool replan = false;        ///< the rest of an unfinished plan is given up
  };

  ReplayPlanner(const Pipeline& pipeline, LedgerKey key, Source& source, Ledger& ledger, const ReplayOptions& options,
                Limits limits)
      : pipeline_(pipeline),
        key_(std::move(key)),
        source_(source),
        ledger_(ledger),
        options_(options),
        limits_(std::move(limits)) {}

  /// Gathers the rejects and their bytes. Changes nothing. Errors: not_found (a reject that was named), conflict (one
  /// that is not open; an unfinished plan), source_changed (bytes that were not kept, and their file is not what it
  /// was), source_unreadable (the file of mended records), resource.
  Result<Replay> plan();

 private:
  /// Where a mended record's bytes lie.
  struct Mended {
    uint64_t position = 0;
    uint64_t size = 0;
    bool text = false;  ///< given as such, not as bytes
    bool used = false;
  };

  Status check_modes() const;
  Status read_mended();
  Status read_mended_line(const std::string& line, int number);
  Status gather();
  Status check_superseded(const std::vector<RejectedUnit>& units) const;
  Status add(const RejectEntry& reject);
  Status add_not_kept();
  Status check_all_found();
  Error why_not(uint64_t id, const std::optional<RejectEntry>& reject) const;
  Result<Unit> same_file(const RejectedUnit& unit);
  Status follow_stored(const StoredPlan& stored, Replay& replay);
  void place_all(Replay& replay) const;

  const Pipeline& pipeline_;
  const LedgerKey key_;
  Source& source_;
  Ledger& ledger_;
  const ReplayOptions& options_;
  const Limits limits_;
  bool resumes_ = false;  ///< an unfinished replay is completed
  RejectFilter filter_;
  std::unique_ptr<ReplayRecords> records_;
  std::map<uint64_t, Mended> mended_;
  std::map<std::pair<uint64_t, uint32_t>, size_t> index_;  ///< of units, by plan and unit
  std::set<uint64_t> found_;
  std::vector<std::pair<size_t, size_t>> not_kept_;  ///< unit and record, of which the first bytes are kept
  std::vector<uint64_t> lengths_;                    ///< of these, beside them
};

}  // namespace ingot
