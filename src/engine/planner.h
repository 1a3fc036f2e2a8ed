#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "engine/feed.h"
#include "engine/listing_ahead.h"
#include "ledger/ledger.h"
#include "source/source.h"
#include "spec/pipeline.h"
#include "target/target.h"

namespace ingot {

/// What a run will do.
struct RunPlan {
  uint64_t plan = 0;     ///< its number; the next free one while it is not stored
  bool resumed = false;  ///< an earlier run left it unfinished
  int64_t loaded_at_micros = 0;
  uint64_t made_by = 0;              ///< the run that made a resumed plan: meta.run stays what it was
  std::vector<BatchUnit> units;      ///< to be loaded, in order
  size_t listed = 0;                 ///< units the source listed
  bool begun = false;                ///< of a resumed plan some units are loaded
  size_t known = 0;                  ///< of them, loaded before and unchanged
  std::vector<std::string> missing;  ///< that were to be there and are not, which is no error (on_missing: skip)
  /// Of the known ones: those that have the content of another file, with that one's name; the first of them.
  std::vector<std::pair<std::string, std::string>> same_content;
  size_t same_content_count = 0;
  std::vector<std::string> ddl;  ///< tables that will be created, or altered
  uint64_t record_limit = 0;     ///< so many records of each unit are loaded, and no more; 0 = all
  bool refresh = false;          ///< it takes the place of all that was loaded; all units commit together
  bool compare_first = false;    ///< the target may hold many of the rows just so (see Claim)
};

/// Which plan a pipeline's next run follows.
class Planner {
 public:
  struct Options {
    bool create = false;              ///< --create: tables may be created although it looks like a typing error
    bool replan = false;              ///< --replan: the rest of an unfinished plan is given up
    std::vector<std::string> reload;  ///< --reload: files that are loaded although they are known
    uint64_t record_limit = 0;        ///< --limit: so many records of each unit are loaded, as a trial; 0 = all
    bool full_refresh = false;        ///< --full-refresh: everything is loaded again, in the place of what is there
    bool yes = false;                 ///< --yes: though rows go that are not loaded again
    ListingAhead* ahead = nullptr;    ///< what has been listed already
  };

  Planner(const Pipeline& pipeline, const std::vector<TableShape>& shapes, Source& source, Ledger& ledger,
          Options options)
      : pipeline_(pipeline),
        shapes_(shapes),
        source_(source),
        ledger_(ledger),
        options_(options),
        refresh_(options.full_refresh) {}

  /// Looks at ledger and source; changes nothing. `ledger_exists`: else it is not asked. Errors: conflict (an
  /// unfinished plan that cannot be completed, an overwritten file in append mode, a table that looks like a typing
  /// error), source_changed, no_input (nothing was listed), those of the source.
  Result<RunPlan> plan(bool ledger_exists);

  /// The key of this pipeline in the ledger.
  LedgerKey key() const;

  /// An unfinished plan that `replan` gave up: the run closes it first.
  std::optional<uint64_t> given_up() const { return given_up_; }

 private:
  Result<RunPlan> resume(const StoredPlan& stored);
  Result<RunPlan> list_new(const std::optional<StoredPlan>& latest, bool ledger_exists);
  Status check_input(const std::vector<Unit>& listed, bool first) const;
  /// Is an unfinished plan given up, because all that it would load is loaded again?
  bool supersedes(const StoredPlan& stored) const;
  Status keep_unknown(std::vector<Unit>& units, RunPlan& plan, std::unordered_map<std::string, PartEnd>& begun);
  /// Has the last plan loaded just these units, by this pipeline?
  Result<bool> holds_the_same(const std::vector<Unit>& units, const std::optional<StoredPlan>& latest);
  Result<bool> is_unchanged(const Unit& unit, const KnownUnit& known);
  /// Will the target hold many of the rows already? So says the pipeline; else, it was so in the last run, or a file of
  /// the same name was loaded before.
  Result<bool> expect_held(const RunPlan& plan) const;
  Status check_creation(bool ledger_exists, RunPlan& plan);
  Status check_reloads(const std::vector<Unit>& units) const;
  bool reloads(const std::string& name) const;
  /// Of a unit that an earlier plan has begun: if what is committed is its beginning, notes in `begun` where it is to
  /// be continued; else it is read as a whole, or that is refused.
  /// Takes out the units whose content another file has that is loaded, or will be; `hashes`: of those that stay.
  Status skip_same_content(std::vector<Unit>& units, RunPlan& plan, bool ledger_holds,
                           const std::unordered_map<std::string, PartEnd>& begun,
                           std::unordered_map<std::string, std::string>& hashes);
  Status go_on(const Unit& unit, const PartEnd& end, std::unordered_map<std::string, PartEnd>& begun) const;
  BatchUnit batch_unit(uint32_t index, const Unit& unit, const RunPlan& plan) const;
  uint64_t part_bytes(const Unit& unit) const;

  const Pipeline& pipeline_;
  const std::vector<TableShape>& shapes_;
  Source& source_;
  Ledger& ledger_;
  const Options options_;
  bool refresh_;  ///< the next plan is to be one
  std::optional<uint64_t> given_up_;
};

}  // namespace ingot
