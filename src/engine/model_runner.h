#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "embedded/sql.h"
#include "models/build.h"
#include "spec/pipeline.h"
#include "target/target.h"

namespace ingot {

/// What became of a model in a run.
struct ModelReport {
  std::string name;          ///< as the target resolves it
  std::string materialized;  ///< view | table | materialized_view | incremental
  std::string state;         ///< built | failed | waiting (for one that failed)
  ModelCounts counts;
  double seconds = 0;
  std::optional<Error> error;
};

/// What `plan` shows of a model.
struct ModelPreview {
  std::string name;
  std::string materialized;
  bool exists = false;
  bool due = false;              ///< built by the next run even if that finds nothing to load
  std::vector<std::string> ddl;  ///< what creates it
};

/// Builds a pipeline's models, each in a transaction of its own, in order of their dependencies. What is to be done the
/// ledger says (CORRECTNESS 5).
class ModelRunner {
 public:
  /// Looks the models up. `work` parses their queries. `create`: a model may take a table over that holds rows of
  /// others. Errors: those of inspect_model and build_order, and target_refused where it would take over such a table.
  static Result<std::unique_ptr<ModelRunner>> open(const Pipeline& pipeline, Target& target, duckdb::Connection& work,
                                                   bool ledger_exists, bool create);

  /// In order.
  Result<std::vector<ModelPreview>> preview(bool ledger_exists);

  /// Makes the models known to the ledger, before anything is loaded.
  Status announce(uint64_t run);

  enum class Which : uint8_t {
    left_over,  ///< those that were built before, and rows loaded since: an earlier run did not come to them
    due,        ///< all that are not up to date
  };
  /// Builds; adds to `reports` what it came to. Returns the first failure; models that do not depend on one that failed
  /// are built all the same. What failed stays pending.
  Status build(Which which, uint64_t run, std::vector<ModelReport>& reports, const std::atomic<bool>& cancelled);

  bool empty() const { return pipeline_.models.empty(); }
  /// Any thread.
  void cancel() { database_->cancel(); }

 private:
  ModelRunner(const Pipeline& pipeline, std::unique_ptr<ModelDatabase> database, Ledger& ledger)
      : pipeline_(pipeline), database_(std::move(database)), ledger_(ledger) {}

  Status look_up(Target& target, duckdb::Connection& work);
  Status refuse_takeovers(bool ledger_exists) const;
  Result<std::vector<ModelState>> states() const;
  bool is_due(size_t model, const ModelState& state) const;
  Result<ModelCounts> build_one(size_t model, const ModelState& state, uint64_t run);
  Result<ModelCounts> within_transaction(size_t model, const ModelState& state, uint64_t run);
  Error explained(size_t model, Error error) const;

  const Pipeline& pipeline_;
  std::unique_ptr<ModelDatabase> database_;
  Ledger& ledger_;
  std::vector<ModelShape> shapes_;  ///< of pipeline_.models
  std::vector<size_t> order_;
  std::vector<std::vector<size_t>> before_;
};

}  // namespace ingot
