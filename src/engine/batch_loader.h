#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/batch.h"
#include "engine/run.h"

namespace ingot {

/// Loads one batch: one transaction, begun again without the units that turned out to be unfit.
class BatchLoader {
 public:
  /// `together`: a failed unit takes its whole batch with it (keyed modes, `commit: run`).
  BatchLoader(BatchContext& context, Session& session, const Claim& claim, Source& source, bool together)
      : context_(context), session_(session), claim_(claim), source_(source), together_(together) {}

  /// Returns once the batch is committed, or rolled back with the error that stops the run. What was loaded, rejected and
  /// failed is added to `report`.
  Status load(std::vector<BatchUnit> units, RunReport& report);

 private:
  /// One attempt; units to be left out at the next are added to `unfit`.
  Status attempt(const std::vector<BatchUnit>& units, RunReport& report, std::vector<FailedUnit>& unfit, bool& again);
  Status load_tables(Batch& batch, std::vector<LoadResult>& results);
  Status close_books(Batch& batch, const std::vector<LoadResult>& results, std::vector<UnitEntry>& entries,
                     std::vector<std::map<std::string, Books>>& by_table);
  std::vector<RejectEntry> collect_rejects(Batch& batch, const std::vector<LoadResult>& results) const;
  Status attach_raw(const std::vector<BatchUnit>& units, std::vector<RejectEntry>& rejects);
  bool too_many_rejects(const Books& books, Error& error) const;
  void add_to_report(RunReport& report, const std::vector<UnitEntry>& entries,
                     const std::vector<std::map<std::string, Books>>& by_table, std::vector<RejectEntry> rejects);

  BatchContext& context_;
  Session& session_;
  const Claim& claim_;
  Source& source_;
  const bool together_;
};

}  // namespace ingot
