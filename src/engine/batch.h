#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine_database.h"
#include "engine/pass.h"
#include "target/target.h"

namespace ingot {

/// What all batches of a run share.
struct BatchContext {
  const DecodePlan& plan;
  const std::vector<TableShape>& shapes;
  EngineDatabase& engine;
  Progress& progress;
  const std::atomic<bool>& cancelled;
  std::string temp_dir;
  size_t key_bytes = 128 << 20;         ///< memory for KeyWinners
  size_t sort_bytes = size_t{1} << 30;  ///< decompressed bytes of a batch up to which its rows are sorted by key
  size_t raw_bytes = 16 << 20;          ///< of one reject that are kept; address and length are exact at any size
  Pace* pace = nullptr;                 ///< of all that goes to the target; none: no limit
};

/// The units that commit together, and what the last pass over them found.
class Batch {
 public:
  Batch(BatchContext& context, std::vector<BatchUnit> units) : context_(context), units_(std::move(units)) {}
  virtual ~Batch() = default;

  /// Does what can be done before the target's transaction begins.
  virtual Status prepare() { return {}; }

  /// The rows of one table. Lives as long as the batch.
  virtual BatchRows& rows(size_t table) = 0;

  /// The records that the target has refused in a table: its children, loaded afterwards, leave them out.
  virtual Status leave_out(size_t, const std::vector<RefusedRow>&) { return {}; }

  const std::vector<BatchUnit>& units() const { return units_; }
  /// Of what is read of them; about, where they are read in parts.
  uint64_t stored_bytes() const;
  /// Of the last completed pass, in the order of units(). `lost` holds only where winners were asked for.
  const std::vector<Feed::UnitRead>& reads() const { return reads_; }
  const std::vector<UnitTally>& tallies() const { return tallies_; }
  std::vector<DecodeReject>& rejects() { return rejects_; }

 protected:
  friend class DirectRows;
  friend class RoutedRows;
  friend class ChildRows;

  /// Runs one pass: hands its SELECT to `consume` and keeps what it found.
  Status run_pass(const Pass::Options& options, const std::function<Status(const std::string& select)>& consume);

  BatchContext& context_;
  std::vector<BatchUnit> units_;
  std::vector<Feed::UnitRead> reads_;
  std::vector<UnitTally> tallies_;
  std::vector<DecodeReject> rejects_;
};

/// Makes a batch: of one table, decoded straight into the target; or routed, decoded once into a collection from
/// which each target table takes its rows.
std::unique_ptr<Batch> make_batch(BatchContext& context, std::vector<BatchUnit> units);

}  // namespace ingot
