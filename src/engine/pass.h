#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/feed.h"
#include "engine/ignored_fields.h"
#include "engine/key_winners.h"
#include "format/fault_list.h"
#include "transform/compose.h"

namespace duckdb {
class Connection;
}

namespace ingot {

class Decoder;

/// A record that was turned away while it was decoded or checked.
struct DecodeReject {
  static constexpr uint16_t kNoTable = 0xffff;

  uint32_t unit = 0;
  uint64_t record = 0;  ///< __rec
  uint64_t offset = 0;
  uint64_t length = 0;
  uint64_t line = 0;  ///< of the offending place
  uint64_t record_line = 0;
  uint32_t column = 0;
  uint16_t table = kNoTable;
  Fault fault = Fault::none;
  std::string field;
  std::string detail;
};

/// What one pass saw of one unit. read = filtered + rejected + lost + the sum of passed.
struct UnitTally {
  uint64_t read = 0;
  uint64_t filtered = 0;
  uint64_t rejected = 0;
  uint64_t lost = 0;  ///< duplicates: repeated keys that another record won
  struct PerTable {
    uint64_t passed = 0;
    uint64_t filtered = 0;
    uint64_t rejected = 0;
    uint64_t lost = 0;
  };
  std::vector<PerTable> tables;
};

/// What stays the same over all passes of a run.
struct DecodePlan {
  const Pipeline& pipeline;
  const Composition& composition;
  const Format& format;
  Source& source;
  size_t queue_bytes = 32 << 20;
  size_t max_rejects = 1'000'000;  ///< that one pass may hold in memory
  size_t chunk_rows = 2048;        ///< records in a chunk; 1 in tests
  Feed::Options feed;
  IgnoredFields* ignored = nullptr;  ///< learns what no column takes; null: nobody asks
};

/// One decoding of a batch's units: feeds `ingot_scan` with blocks and collects what `ingot_sieve` turns away.
/// Used by one query.
class Pass {
 public:
  struct Options {
    KeyWinners* collect_keys = nullptr;   ///< rows are added here and not passed on
    const KeyWinners* winners = nullptr;  ///< rows that lost are counted and not passed on
    bool with_address = false;
  };

  Pass(const DecodePlan& plan, const std::vector<BatchUnit>& units, Progress& progress,
       const std::atomic<bool>& cancelled, Options options);

  /// The SELECT (over ingot_sieve over the composition over ingot_scan) that runs this pass. Its columns are those of
  /// the only table named c0, c1, …; or, where the pipeline routes, __table UTINYINT and then t0_c0, t0_c1, …, t1_c0,
  /// … (behind the columns of a table with tombstones: delete, t0_delete); then, with_address, __unit, __rec, __offset,
  /// __length, __line.
  std::string sql() const;

  /// After the query, with its outcome: the first error of reading that makes the pass worthless, if any (a unit that
  /// failed after some of its records had been passed on); else the query's; else an error if the query ended before
  /// the units did.
  Status finish(Status query);

  const std::vector<Feed::UnitRead>& reads() { return feed_.finish(); }
  const std::vector<UnitTally>& tallies() const { return tallies_; }  ///< in the order of the units
  std::vector<DecodeReject>& rejects() { return rejects_; }           ///< sorted by record after finish()
  size_t position_of(uint32_t unit) const { return dense_[unit - least_unit_]; }

  // For the two functions.
  const DecodePlan& plan() const { return plan_; }
  const Options& options() const { return options_; }
  BlockQueue& queue() { return queue_; }
  const std::string& unit_name(uint32_t unit) const { return units_[position_of(unit)].name; }
  /// Adds a chunk's results. Thread-safe.
  void add(uint32_t unit, const UnitTally& tally);
  void add_rejects(std::vector<DecodeReject>& rejects);
  void add_ignored(const Decoder& decoder);
  void reached_end() { ended_ = true; }
  void set_error(Error error);

 private:
  void fail_unknown_field(const std::vector<DecodeReject>& rejects);

  const DecodePlan& plan_;
  const std::vector<BatchUnit>& units_;
  const Options options_;
  Progress& progress_;
  const uint32_t least_unit_;
  std::vector<uint32_t> dense_;  ///< unit index − least_unit_ → position
  BlockQueue queue_;
  std::mutex mutex_;
  std::vector<UnitTally> tallies_;
  std::vector<DecodeReject> rejects_;
  std::optional<Error> error_;
  std::atomic<bool> ended_{false};
  Feed feed_;  // last: its thread uses the above
};

}  // namespace ingot
