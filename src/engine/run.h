#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine_database.h"
#include "engine/feed.h"
#include "engine/find_contract.h"
#include "engine/model_runner.h"
#include "engine/planner.h"
#include "engine/replay.h"
#include "format/field_names.h"
#include "ledger/ledger.h"
#include "spec/pipeline.h"
#include "target/target.h"
#include "transform/compose.h"

namespace ingot {

/// How a run is to be done.
struct RunOptions {
  Resources resources;
  bool create = false;
  bool replan = false;
  std::vector<std::string> reload;      ///< files that are loaded although they are known
  uint64_t record_limit = 0;            ///< so many records of each file are loaded, as a trial; 0 = all
  bool full_refresh = false;            ///< everything is loaded again, in the place of what the tables hold
  bool yes = false;                     ///< though rows go that cannot be loaded again
  std::optional<ReplayOptions> replay;  ///< rejects are loaded again, instead of what is new
  bool strict = false;  ///< rejects within the limit are an error, too (the rows are loaded all the same)
  size_t chunk_rows = 2048;
  bool reinfer = false;  ///< columns that are not declared are inferred anew, whatever the ledger keeps
  int flatten = 0;       ///< see SurveyOptions
  /// Of a pipeline that declares no columns: is told what they are, before anything is changed. An error ends the run.
  std::function<Status(const Pipeline& pipeline, const FoundContract& contract)> on_contract;
  size_t connections = 1;  ///< where the pipeline does not say: so many load at a time
};

/// A group of like rejects, for people.
struct RejectGroup {
  uint64_t count = 0;
  std::string code;
  std::string field;
  RejectEntry example;  ///< the first; without raw bytes
};

/// A unit that could not be loaded.
struct FailedUnit {
  std::string name;
  Error error;
  std::vector<RejectGroup> examples;  ///< where there were too many rejects: what they were
};

/// Parts that a run committed of one unit.
struct PartsReport {
  std::string name;
  size_t committed = 0;
  uint64_t to_byte = 0;  ///< of the decompressed unit; so far it is loaded
  uint64_t to_line = 0;
  bool complete = false;
};

/// What a run has done.
struct RunReport {
  uint64_t run = 0;
  uint64_t plan = 0;
  bool resumed = false;
  std::string state;                         ///< done | failed | interrupted | nothing_new
  std::vector<std::string> created;          ///< tables
  std::vector<std::string> altered;          ///< statements that changed tables which were there
  size_t units = 0;                          ///< loaded by this run
  size_t listed = 0;                         ///< files the source listed
  size_t known = 0;                          ///< of them, loaded before
  std::vector<std::string> missing;          ///< files that were to be there and are not: on_missing: skip
  size_t same_content = 0;                   ///< of the known ones: those that have the content of another file
  bool refresh = false;                      ///< it took the place of all that was loaded before
  size_t cut_off = 0;                        ///< loaded, but for what lies beyond `record_limit`
  std::vector<PartsReport> parts;            ///< of units that were loaded in parts
  uint64_t bytes = 0;                        ///< decompressed
  uint64_t record_limit = 0;                 ///< so many records of each file were asked for; 0 = all
  std::vector<infer::InferredColumn> added;  ///< columns that fields became, with `drift: add`
  std::vector<std::string> unfed;            ///< columns whose field no record had: NULL, or their default, throughout
  FieldNames ignored;                        ///< fields of the source that no column takes, with `drift: ignore`
  uint64_t retried = 0;                      ///< transactions that were tried again: others were in their way
  Books books;
  std::vector<std::pair<std::string, Books>> tables;
  std::map<std::string, double> seconds;  ///< by phase, and "total"
  std::vector<RejectGroup> rejects;       ///< most frequent first
  std::vector<FailedUnit> failed;
  std::vector<ModelReport> models;  ///< that were due
  std::optional<Error> error;       ///< decides the exit code
  std::vector<Error> mistakes;      ///< all that is wrong with the pipeline's expressions; `error` is the first
};

/// What a person or a log may follow while a run goes on. Read from another thread.
struct RunProgress {
  Progress pass;                         ///< a keyed load reads its units twice, a load with refused rows once more
  std::atomic<uint64_t> total_bytes{0};  ///< stored bytes of all units of the plan
  std::atomic<uint64_t> total_units{0};
  std::atomic<uint64_t> committed_records{0};
  std::atomic<uint64_t> committed_units{0};
  std::atomic<uint64_t> committed_bytes{0};  ///< stored bytes of units that are safe
};

class BatchLoader;

/// Executes one pipeline: inspect → plan → batches → models → report. One use.
class Runner {
 public:
  Runner(Pipeline pipeline, RunOptions options);
  ~Runner();

  /// What `plan` shows. Changes nothing, neither in the target nor in the source.
  struct Preview {
    RunPlan plan;
    std::vector<TableShape> shapes;
    std::vector<ModelPreview> models;  ///< in the order in which they are built
    std::string target;                ///< described
    size_t connections = 1;            ///< that load at a time, where there are so many batches
  };
  Result<Preview> preview();

  /// What `doctor` shows of the target, after preview(), whether that succeeded or not; nothing where there is no
  /// connection.
  Result<Findings> examine();

  /// All that is wrong with the pipeline's expressions; an error of preview() is the first of them.
  const std::vector<Error>& mistakes() const { return mistakes_; }

  /// Takes back what a run's plan appended. The rows must say where they come from. Errors: not_found, conflict.
  Result<Undone> undo(uint64_t run, bool force);

  /// Runs. Never fails outright: what went wrong is in the report.
  RunReport run();

  /// Asks the run to stop: open batches are rolled back. Any thread.
  void stop();

  const RunProgress& progress() const { return progress_; }

  /// The pipeline, after preview() or run() with the columns that it does not declare itself.
  const Pipeline& pipeline() const { return pipeline_; }
  /// With `drift: add`: columns that this run adds to the contract.
  const std::vector<infer::InferredColumn>& added() const { return added_; }
  /// Where they come from; nothing where it declares them.
  const std::optional<FoundContract>& contract() const { return contract_; }

 private:
  struct State;

  Status check();
  Status add_columns(const TargetOptions& target_options);
  void keep_refused();
  Status open(bool read_only, bool list_ahead = false);
  Status inspect();
  Status add_kept_columns();
  Status extend(const std::string& contract);
  Status add_new_columns(Planner& planner, RunPlan& plan);
  Status execute(RunReport& report);
  Status build_left_over(RunReport& report);
  Status load_plans(RunReport& report, Planner& planner, const RunPlan& plan);
  Status build_due(RunReport& report, const Status& loaded);
  bool may_list_again() const;
  Planner make_planner() const;
  Result<RunPlan> make_plan(Planner& planner);
  Result<RunPlan> plan_replay();
  uint64_t max_record_bytes() const;
  void set_refresh(bool refresh);
  Status follow(RunReport& report, const RunPlan& plan);
  void expect_units(const RunPlan& plan);
  Status store_plan(RunReport& report, const RunPlan& plan);
  std::deque<std::vector<BatchUnit>> batches_of(const RunPlan& plan) const;
  Status load_batches(std::deque<std::vector<BatchUnit>> batches, BatchLoader& loader, RunReport& report);
  void note_unfed(const Composition& composition, RunReport& report);
  Status load(RunReport& report, const RunPlan& plan);
  void end(RunReport& report, const Status& status);

  Pipeline pipeline_;
  const RunOptions options_;
  std::vector<Error> mistakes_;
  std::optional<FoundContract> contract_;
  std::string kept_;                          // with `drift: add`: columns that the ledger keeps, as YAML
  std::string grown_;                         // the same with those that are new
  std::vector<infer::InferredColumn> added_;  // these
  RunProgress progress_;
  std::atomic<bool> cancelled_{false};
  std::unique_ptr<State> state_;
};

}  // namespace ingot
