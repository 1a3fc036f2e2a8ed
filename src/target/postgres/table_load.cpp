#include "target/postgres/table_load.h"

#include <fmt/format.h>

#include <utility>

#include "core/crash_point.h"
#include "core/sql_text.h"
#include "target/postgres/clear.h"
#include "target/postgres/copy_job.h"
#include "target/postgres/fetched_rows.h"
#include "target/postgres/merge.h"
#include "target/postgres/stage.h"

namespace ingot::postgres {

LoadResult TableLoad::all_inserted(bool winners_only) const {
  LoadResult result;
  result.winners_only = winners_only;
  for (const auto& [unit, rows] : rows_.rows_by_unit()) result.units.push_back({unit, rows, 0, 0, 0});
  return result;
}

// Runs one way under a savepoint. A row's fault (and a trigger that swallows rows) takes it back.
TableLoad::Attempt TableLoad::quickly(const std::function<Attempt()>& way) {
  INGOT_TRY(server_.run("SAVEPOINT ingot_load"));
  Attempt attempt = way();
  const bool row_fault = !attempt && attempt.error().code == Code::target_refused &&
                         (inexact_ || plan_.table.is_row_fault(server_.last_error().sqlstate));
  if (!attempt && !row_fault) return attempt;
  if (attempt && *attempt) {
    INGOT_TRY(server_.run("RELEASE SAVEPOINT ingot_load"));
    return attempt;
  }
  const ServerError error = server_.last_error();
  INGOT_TRY(server_.run("ROLLBACK TO SAVEPOINT ingot_load; RELEASE SAVEPOINT ingot_load"));
  // A key that was not there a moment ago: not a row's fault, another way will do.
  if (error.sqlstate == "23505" && plan_.keyed && plan_.is_key_index(error.constraint))
    return quickly([this] { return merge(); });
  return std::optional<LoadResult>{};
}

TableLoad::Attempt TableLoad::copy_straight(BatchRows::Options options) {
  std::vector<WireColumn> wires;
  for (const LoadColumn& c : plan_.columns) wires.push_back(c.fit.wire);
  CopyJob job(server_, std::move(wires), rows_.pace());
  CopyJob::Outcome outcome;
  auto status = rows_.read(options, [&](const std::string& select) -> Status {
    INGOT_ASSIGN(outcome,
                 job.run(rows_.duckdb(),
                         fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", plan_.target(), plan_.column_list()),
                         select, options.ordered));
    return {};
  });
  inexact_ = job.inexact();
  if (!status) return fail(std::move(status).error());
  crash_point("pg.copied");
  if (outcome.sent != rows_.rows()) {
    return fail(Code::books_broken, fmt::format("sent {} rows of {}", outcome.sent, rows_.rows()));
  }
  if (outcome.taken != outcome.sent) return std::optional<LoadResult>{};  // a trigger swallowed some
  return std::optional<LoadResult>(all_inserted(options.winners_only));
}

Status TableLoad::fill(Stage& stage, const BatchRows::Options& options, FetchedRows* fetched) {
  auto status = stage.fill(rows_, options, fetched);
  inexact_ = stage.inexact();
  return status;
}

TableLoad::Attempt TableLoad::append_staged() {
  Stage stage(server_, plan_, plan_.volatile_defaults ? StageBooks::address : StageBooks::none, StageForm::typed);
  INGOT_TRY(stage.create());
  INGOT_TRY(fill(stage, {}));
  crash_point("pg.copied");
  uint64_t deleted = 0;
  if (!plan_.partition_by.empty()) {
    INGOT_ASSIGN(deleted, clear_partitions(server_, plan_, stage));
  }
  INGOT_ASSIGN(
      const QueryResult inserted,
      server_.query(fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} s{}", plan_.target(), plan_.column_list(),
                                stage.values(), stage.name(), plan_.volatile_defaults ? " ORDER BY s.ingot_rec" : "")));
  if (inserted.affected() != stage.rows()) return std::optional<LoadResult>{};
  LoadResult result = all_inserted(false);
  result.deleted = deleted;
  result.cleared = deleted;
  return std::optional<LoadResult>(std::move(result));
}

TableLoad::Attempt TableLoad::append() {
  if (plan_.needs_stage() || !plan_.partition_by.empty()) return append_staged();
  BatchRows::Options options;
  options.ordered = plan_.volatile_defaults;  // serial numbers in the order of the records
  return copy_straight(options);
}

Result<bool> TableLoad::table_is_empty() {
  INGOT_ASSIGN(const QueryResult result,
               server_.query(fmt::format("SELECT NOT EXISTS (SELECT FROM {})", plan_.only())));
  return result.boolean(0, 0);
}

Status TableLoad::fill_for_merge(Stage& stage) {
  BatchRows::Options options;
  options.winners_only = !plan_.order_by;
  if (!fetch_) {
    options.sort_by_key = true;
    return fill(stage, options);
  }
  // Not sorted: few rows are expected to be left. The table is read while the winners are found.
  FetchedRows fetched(server_, plan_, fetch_->expected_rows, fetch_->max_bytes);
  return fill(stage, options, &fetched);
}

Status TableLoad::stage() {
  // The server may find more keys equal than the engine does, which knows of no order but that of reading.
  const bool resolve = !plan_.bytewise_key || plan_.order_by;
  stage_.emplace(server_, plan_,
                 resolve      ? StageBooks::address
                 : units_ > 1 ? StageBooks::unit
                              : StageBooks::none,
                 StageForm::typed);
  INGOT_TRY(stage_->create());
  INGOT_TRY(fill_for_merge(*stage_));
  crash_point("pg.copied");
  repeated_.clear();
  if (resolve) {
    INGOT_ASSIGN(repeated_, drop_repeated_keys(server_, plan_, *stage_));
    for (const auto& [unit, count] : repeated_) stage_->forget(count);
  }
  return stage_->analyze();
}

TableLoad::Attempt TableLoad::merge() {
  INGOT_TRY(stage());
  return merge_staged();
}

TableLoad::Attempt TableLoad::merge_staged() {
  Merge merge(server_, plan_, *stage_);
  INGOT_ASSIGN(const Merge::Outcome outcome, merge.run());
  if (outcome != Merge::Outcome::done) return std::optional<LoadResult>{};
  crash_point("pg.merged");
  LoadResult result;
  result.winners_only = !plan_.order_by;
  for (const auto& [unit, counts] : merge.by_unit()) {
    result.deleted += counts.deleted;
    result.tombstones += counts.deleted + counts.absent;
  }
  for (const auto& [unit, sent] : rows_.rows_by_unit()) {
    const auto found = merge.by_unit().find(stage_->has_units() ? unit : 0);
    const Merge::Counts counts = found == merge.by_unit().end() ? Merge::Counts{} : found->second;
    const auto lost = repeated_.find(unit);
    uint64_t duplicate = lost == repeated_.end() ? 0 : lost->second;
    const auto held = stage_->left_out().find(stage_->has_units() ? unit : 0);
    const uint64_t known = held == stage_->left_out().end() ? 0 : held->second;
    if (counts.staged + duplicate + known != sent) {
      return fail(Code::books_broken, fmt::format("unit {}: {} rows staged of {}", unit, counts.staged, sent));
    }
    uint64_t unchanged = counts.matched - counts.changed - counts.outdated + counts.absent + known;
    duplicate += counts.outdated;
    if (!plan_.updates) duplicate += std::exchange(unchanged, 0);  // the table's row stays, whatever the record says
    result.units.push_back(
        {unit, counts.staged - counts.matched - counts.absent, counts.changed, unchanged, duplicate});
  }
  return std::optional<LoadResult>(std::move(result));
}

// Was the table made by this transaction, with its key? Then nobody else sees it, and nothing refers to the key. (One
// that was there and has been altered looks as new in the catalog.)
Result<bool> TableLoad::is_new() {
  if (rows_.shape().exists || !plan_.key_index.primary || plan_.versions) return false;
  INGOT_ASSIGN(const QueryResult result,
               server_.query(fmt::format("SELECT xmin::text::bigint = txid_current() % 4294967296 FROM pg_class WHERE "
                                         "oid = {}",
                                         plan_.table.oid)));
  return result.boolean(0, 0);
}

// An index is built from all its keys, sorted by the server, in a fraction of the time that it takes to grow.
TableLoad::Attempt TableLoad::copy_before_index(const BatchRows::Options& options) {
  const std::string table = "ALTER TABLE " + plan_.target();
  const std::string constraint = quote_identifier(plan_.key_index.name);
  INGOT_TRY(server_.run(fmt::format("{} DROP CONSTRAINT {}", table, constraint)));
  Attempt attempt = copy_straight(options);
  if (!attempt || !*attempt) return attempt;
  INGOT_TRY(server_.run(fmt::format("{} ADD CONSTRAINT {} PRIMARY KEY ({})", table, constraint, plan_.key_list())));
  crash_point("pg.indexed");
  return attempt;
}

bool TableLoad::may_copy_straight() const {
  return plan_.bytewise_key && !plan_.needs_stage() && !plan_.tombstones && !plan_.order_by;
}

Status TableLoad::run_ahead(bool first) {
  if (!plan_.keyed) {
    INGOT_ASSIGN(placed_, append());
    return placed_ ? Status{} : fail(Code::busy, "rows were swallowed ahead of their turn");
  }
  if (first && may_copy_straight() && !plan_.volatile_defaults) {
    INGOT_ASSIGN(const bool empty, table_is_empty());
    if (empty) return {};  // in its turn already, it needs no stage
  }
  return stage();
}

TableLoad::Attempt TableLoad::run() {
  if (placed_) return placed_;
  if (stage_) return quickly([this] { return merge_staged(); });
  if (!plan_.keyed) return quickly([this] { return append(); });
  if (may_copy_straight()) {
    INGOT_ASSIGN(const bool empty, table_is_empty());
    if (empty) {
      BatchRows::Options options;
      options.winners_only = true;
      options.ordered = plan_.volatile_defaults;
      INGOT_ASSIGN(const bool fresh, is_new());
      options.sort_by_key = !fresh;
      return quickly([&] { return fresh ? copy_before_index(options) : copy_straight(options); });
    }
  }
  return quickly([this] { return merge(); });
}

}  // namespace ingot::postgres
