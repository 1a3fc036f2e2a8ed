#pragma once

#include <functional>
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

 private:
  Attempt quickly(const std::function<Attempt()>& way);
  Attempt append();
  Attempt append_staged();
  Status fill(Stage& stage, const BatchRows::Options& options, FetchedRows* fetched = nullptr);
  Status fill_for_merge(Stage& stage);
  Attempt copy_straight(BatchRows::Options options);
  Attempt merge();
  Result<bool> table_is_empty();
  LoadResult all_inserted(bool winners_only) const;

  PgConnection& server_;
  const LoadPlan& plan_;
  BatchRows& rows_;
  size_t units_;
  std::optional<Fetch> fetch_;
  bool inexact_ = false;
};

}  // namespace ingot::postgres
