#pragma once

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "engine/batch.h"
#include "engine/batch_books.h"
#include "engine/run.h"
#include "engine/turnstile.h"

namespace ingot {

class RejectWriter;

/// Loads one batch: one transaction, begun again without the units that turned out to be unfit, or as it was where
/// other transactions were in its way.
class BatchLoader {
 public:
  /// `together`: a failed unit takes its whole batch with it (keyed modes, `commit: run`).
  /// `ddl`: tables to be created with the first commit. `plan_stored`: ready once the ledger holds the plan; until then
  /// files are read, but no transaction begins.
  BatchLoader(BatchContext& context, Session& session, Ledger& ledger, const Claim& claim, Source& source,
              bool together, std::vector<std::string> ddl, std::shared_future<Status> plan_stored)
      : context_(context),
        session_(session),
        ledger_(ledger),
        claim_(claim),
        source_(source),
        together_(together),
        ddl_(std::move(ddl)),
        plan_stored_(std::move(plan_stored)) {}

  /// Returns once the batch is committed, or rolled back with the error that stops the run. What was loaded, rejected
  /// and failed is added to `report`. Of a unit in parts one part is loaded: returns what is left of it, to be loaded
  /// next, else nothing.
  Result<std::vector<BatchUnit>> load(std::vector<BatchUnit> units, RunReport& report);

  /// Begins a batch while others, before it, are still being loaded: locks its tables, and returns. Called in the order
  /// of the batches; then load_ahead(), on any thread. After an error nothing of it is left.
  Status begin_ahead(std::vector<BatchUnit> units);
  /// Does what need not wait, waits for its turn, and does the rest. Returns as load(). After an error nothing of it is
  /// left: another loader finds out in its turn what is to be done. `report` is touched in its turn only.
  Result<std::vector<BatchUnit>> load_ahead(Turnstile& turnstile, uint64_t number, RunReport& report);

  /// Are there tables that the next commit creates?
  bool creates_tables() const { return !ddl_.empty(); }

 private:
  Status load_all(std::vector<BatchUnit> units, RunReport& report);
  /// One attempt; units to be left out at the next are added to `unfit`.
  Status attempt(const std::vector<BatchUnit>& units, RunReport& report, std::vector<FailedUnit>& unfit, bool& again);
  Status load_in_turn(Turnstile& turnstile, uint64_t number, RunReport& report);
  /// Within the session's transaction: places the rows, closes the books, records and commits.
  Status place(Batch& batch, RunReport& report, std::vector<FailedUnit>& unfit, bool& again);
  Status record(BatchBooks& books, RejectWriter& rejects);
  /// One unit among others whose records were already on their way: the others are to be loaded without it.
  Status leave_out(const Error& error, const Batch& batch, std::vector<FailedUnit>& unfit, bool& again) const;
  /// Loads what of the units an earlier process has not committed meanwhile; `done` are those of which it has.
  Status load_others(const std::vector<BatchUnit>& all, const std::vector<uint32_t>& done, RunReport& report);
  void pause(int tries) const;
  Status load_tables(Batch& batch, std::vector<LoadResult>& results);
  bool find_unfit(const Batch& batch, const BatchBooks& books, const RejectWriter& rejects,
                  std::vector<FailedUnit>& unfit) const;
  /// Is a unit gone, and is that no failure (on_missing: skip)?
  bool may_be_gone(const Error& error) const;
  void note(const std::vector<FailedUnit>& unfit, RunReport& report) const;
  bool too_many_rejects(const Books& books, Error& error) const;
  void add_to_report(const BatchBooks& books, RunReport& report) const;

  BatchContext& context_;
  Session& session_;
  Ledger& ledger_;
  Claim claim_;
  Source& source_;
  const bool together_;
  std::vector<std::string> ddl_;  ///< not yet committed
  const std::shared_future<Status> plan_stored_;
  std::vector<BatchUnit> rest_;   ///< behind the part that was committed last, by whomever
  std::unique_ptr<Batch> ahead_;  ///< begun ahead of its turn
};

}  // namespace ingot
