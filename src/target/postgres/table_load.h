#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "core/error.h"
#include "postgres/connection.h"
#include "target/postgres/load_plan.h"
#include "target/postgres/stage.h"
#include "target/target.h"

namespace ingot::postgres {

/// Loads one batch into one table, within the connection's transaction, in the quick way.
class TableLoad {
 public:
  /// The table's rows are to be read first, and those of the batch that are among them are not sent.
  struct Fetch {
    size_t expected_rows = 0;
    uint64_t max_bytes = 0;
  };

  /// `units`: how many the batch may have rows of.
  TableLoad(PgConnection& server, const LoadPlan& plan, BatchRows& rows, size_t units, std::optional<Fetch> fetch)
      : server_(server), plan_(plan), rows_(rows), units_(units), fetch_(fetch) {}

  /// A quick way's result; nothing where a row was refused and all was rolled back.
  using Attempt = Result<std::optional<LoadResult>>;
  Attempt run();

  /// Does of it what may be done before the batches before are committed; run() then does the rest. `first`: there are
  /// none. Where that fails the transaction is to be rolled back.
  Status run_ahead(bool first);

 private:
  Attempt quickly(const std::function<Attempt()>& way);
  Attempt append();
  Attempt append_staged();
  Status fill(Stage& stage, const BatchRows::Options& options, FetchedRows* fetched = nullptr);
  Status fill_for_merge(Stage& stage);
  Attempt copy_straight(BatchRows::Options options);
  Attempt copy_before_index(const BatchRows::Options& options);
  Status stage();
  Attempt merge();
  Attempt merge_staged();
  Result<bool> table_is_empty();
  Result<bool> is_new();
  bool may_copy_straight() const;
  LoadResult all_inserted(bool winners_only) const;

  PgConnection& server_;
  const LoadPlan& plan_;
  BatchRows& rows_;
  size_t units_;
  std::optional<Fetch> fetch_;
  bool inexact_ = false;
  std::optional<LoadResult> placed_;       ///< by run_ahead()
  std::optional<Stage> stage_;             ///< of merge(); filled by run_ahead(), too
  std::map<uint32_t, uint64_t> repeated_;  ///< rows that went from the stage, by unit
};

}  // namespace ingot::postgres
