#include "engine/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/crash_point.h"
#include "core/sql_text.h"
#include "embedded/execute.h"
#include "engine/child_rows.h"
#include "engine/pass_functions.h"

namespace ingot {

namespace {

const char* kAddresses = "__unit, __rec, __offset, __length, __line";

// Of what rows may have to be sorted: 50 million of two numbers took 1.3 GB that DuckDB does not count, 26 bytes each;
// that may be a seventh of the budget.
constexpr uint64_t kSortBytesPerRow = 7 * 26;

std::string order_by(const TableSpec& table, const BatchRows::Options& options) {
  return options.sort_by_key && !table.key.empty() ? " ORDER BY " + quoted_list(table.key) : "";
}

// DuckDB keeps the records' order at some cost in parallelism; only where it is asked for.
Status set_order(duckdb::Connection& connection, bool ordered) {
  return run_sql(connection, fmt::format("SET preserve_insertion_order = {}", ordered));
}

std::string contract_columns(const TableSpec& table, const std::string& prefix) {
  std::string list;
  for (size_t c = 0; c < table.columns.size(); ++c) {
    list += fmt::format("{}{}c{} AS {}", c == 0 ? "" : ", ", prefix, c, quote_identifier(table.columns[c].name));
  }
  if (table.delete_when) list += fmt::format(", coalesce({}, false) AS __delete", quote_identifier(prefix + "delete"));
  return list;
}

}  // namespace

Status Batch::run_pass(const Pass::Options& options, const std::function<Status(const std::string& select)>& consume) {
  context_.progress.restart();
  Pass pass(context_.plan, units_, context_.progress, context_.cancelled, options);
  INGOT_TRY(pass.finish(consume(pass.sql())));
  reads_ = pass.reads();
  tallies_ = pass.tallies();
  rejects_ = std::move(pass.rejects());
  return {};
}

uint64_t Batch::stored_bytes() const {
  uint64_t bytes = 0;
  for (const BatchUnit& unit : units_)
    bytes += unit.part_bytes > 0 ? std::min(unit.part_bytes, unit.bytes_left()) : unit.bytes_left();
  return bytes;
}

/// Rows of the only table.
class DirectRows final : public BatchRows {
 public:
  explicit DirectRows(Batch& batch) : batch_(batch) {}

  Status read(const Options& options, const std::function<Status(const std::string&)>& consume) override {
    Pass::Options pass_options;
    pass_options.with_address = options.with_address;
    if (options.winners_only) {
      INGOT_TRY(find_winners());
      pass_options.winners = winners_.get();
    }
    INGOT_TRY(set_order(batch_.context_.engine.work(), options.ordered));
    INGOT_TRY(batch_.run_pass(pass_options, [&](const std::string& rows) {
      return consume(fmt::format("SELECT {}{}{} FROM ({}){}", contract_columns(table(), ""),
                                 options.with_address ? ", " : "", options.with_address ? kAddresses : "", rows,
                                 may_sort() ? order_by(table(), options) : ""));
    }));
    if (options.winners_only) INGOT_TRY(check_winners());
    rows_ = 0;
    by_unit_.clear();
    for (size_t i = 0; i < batch_.units_.size(); ++i) {
      const uint64_t passed = batch_.tallies_[i].tables[0].passed;
      rows_ += passed;
      by_unit_.emplace_back(batch_.units_[i].unit, passed);
    }
    return {};
  }

  duckdb::Connection& duckdb() override { return batch_.context_.engine.load(); }
  uint64_t stored_bytes() const override { return batch_.stored_bytes(); }
  const TableSpec& table() const override { return batch_.context_.plan.pipeline.tables[0]; }
  const TableShape& shape() const override { return batch_.context_.shapes[0]; }
  uint64_t rows() const override { return rows_; }
  const std::vector<std::pair<uint32_t, uint64_t>>& rows_by_unit() const override { return by_unit_; }
  Pace* pace() const override { return batch_.context_.pace; }

 private:
  // Sorting spills, but holds some of each row in memory all the same: beyond some size it is left to the target.
  bool may_sort() const {
    uint64_t bytes = 0;
    for (const Feed::UnitRead& read : winners_of_) bytes += read.bytes;
    return std::max(bytes, keys_ * kSortBytesPerRow) <= batch_.context_.sort_bytes;
  }

  Status find_winners() {
    if (winners_) return {};
    auto winners = std::make_unique<KeyWinners>(table().keep, batch_.context_.temp_dir, batch_.context_.key_bytes);
    Pass::Options options;
    options.collect_keys = winners.get();
    duckdb::Connection& work = batch_.context_.engine.work();
    INGOT_TRY(set_order(work, false));
    INGOT_TRY(batch_.run_pass(options, [&](const std::string& rows) {
      return run_sql(work, fmt::format("SELECT count(*) FROM ({})", rows));
    }));
    INGOT_TRY(winners->decide());
    winners_ = std::move(winners);
    winners_of_ = batch_.reads_;
    keys_ = 0;
    for (const auto& tally : batch_.tallies_) keys_ += tally.tables[0].passed;
    crash_point("engine.winners");
    return {};
  }

  // Winners are named by address: they hold only for the bytes that they were found in.
  Status check_winners() const {
    for (size_t i = 0; i < winners_of_.size(); ++i) {
      const Feed::UnitRead& before = winners_of_[i];
      const Feed::UnitRead& now = batch_.reads_[i];
      if (before.error.has_value() == now.error.has_value() && before.hash == now.hash) continue;
      Error error{Code::source_changed,
                  fmt::format("a file changed while it was being read: {}", batch_.units_[i].name),
                  "run again",
                  {}};
      error.where = Place{batch_.units_[i].name, 0, 0};
      return fail(std::move(error));
    }
    return {};
  }

  Batch& batch_;
  std::unique_ptr<KeyWinners> winners_;
  std::vector<Feed::UnitRead> winners_of_;
  uint64_t keys_ = 0;  ///< rows among which the winners were found
  uint64_t rows_ = 0;
  std::vector<std::pair<uint32_t, uint64_t>> by_unit_;
};

/// Rows of one of several tables, out of the batch's routed records.
class RoutedRows final : public BatchRows {
 public:
  RoutedRows(Batch& batch, const RoutedRecords& records, size_t index)
      : batch_(batch), records_(records), index_(index) {}

  Status read(const Options& options, const std::function<Status(const std::string&)>& consume) override {
    INGOT_TRY(batch_.prepare());
    duckdb::Connection& work = batch_.context_.engine.work();
    const std::string source = fmt::format("(SELECT {}, {} FROM ingot_routed({}::UBIGINT) WHERE __table = {})",
                                           contract_columns(table(), fmt::format("t{}_", index_)), kAddresses,
                                           reinterpret_cast<uintptr_t>(&records_), index_);
    std::string from = source;
    if (options.winners_only) {
      const char* best = table().keep == Keep::last ? "max" : "min";
      from =
          fmt::format("(SELECT * FROM {0} SEMI JOIN (SELECT {1}(__rec) AS __rec FROM {0} GROUP BY {2}) USING (__rec))",
                      source, best, quoted_list(table().key));
    }
    rows_ = 0;
    by_unit_.clear();
    INGOT_TRY(options.winners_only ? count_winners(from) : count_passed());
    count_lost(options.winners_only);
    INGOT_TRY(set_order(work, options.ordered));
    std::string columns;
    for (const ColumnSpec& column : table().columns)
      columns += (columns.empty() ? "" : ", ") + quote_identifier(column.name);
    if (table().delete_when) columns += ", __delete";
    std::string order = order_by(table(), options);
    if (order.empty() && options.ordered) order = " ORDER BY __rec";
    return consume(fmt::format("SELECT {}{}{} FROM {}{}", columns, options.with_address ? ", " : "",
                               options.with_address ? kAddresses : "", from, order));
  }

  duckdb::Connection& duckdb() override { return batch_.context_.engine.load(); }
  uint64_t stored_bytes() const override { return batch_.stored_bytes(); }
  const TableSpec& table() const override { return batch_.context_.plan.pipeline.tables[index_]; }
  const TableShape& shape() const override { return batch_.context_.shapes[index_]; }
  uint64_t rows() const override { return rows_; }
  const std::vector<std::pair<uint32_t, uint64_t>>& rows_by_unit() const override { return by_unit_; }
  Pace* pace() const override { return batch_.context_.pace; }

 private:
  void add(uint32_t unit, uint64_t rows) {
    if (rows == 0) return;
    by_unit_.emplace_back(unit, rows);
    rows_ += rows;
  }

  // The sieve has counted what it passed on.
  Status count_passed() {
    for (size_t i = 0; i < batch_.units_.size(); ++i)
      add(batch_.units_[i].unit, batch_.tallies_[i].tables[index_].passed);
    return {};
  }

  Status count_winners(const std::string& winners) {
    INGOT_ASSIGN(auto counts, query_sql(batch_.context_.engine.work(),
                                        fmt::format("SELECT __unit, count(*) FROM {} GROUP BY 1 ORDER BY 1", winners)));
    for (size_t i = 0; i < counts->RowCount(); ++i)
      add(counts->GetValue(0, i).GetValue<uint32_t>(), counts->GetValue(1, i).GetValue<uint64_t>());
    return {};
  }

  // What routed passed on and the choice of winners did not is lost to another record of this commit.
  void count_lost(bool winners_only) {
    std::vector<uint64_t> kept(batch_.units_.size(), 0);
    for (size_t i = 0, at = 0; i < batch_.units_.size(); ++i) {
      if (at < by_unit_.size() && by_unit_[at].first == batch_.units_[i].unit) kept[i] = by_unit_[at++].second;
      auto& tally = batch_.tallies_[i];
      tally.lost -= tally.tables[index_].lost;
      tally.tables[index_].lost = winners_only ? tally.tables[index_].passed - kept[i] : 0;
      tally.lost += tally.tables[index_].lost;
    }
  }

  Batch& batch_;
  const RoutedRecords& records_;
  const size_t index_;
  uint64_t rows_ = 0;
  std::vector<std::pair<uint32_t, uint64_t>> by_unit_;
};

namespace {

class DirectBatch final : public Batch {
 public:
  DirectBatch(BatchContext& context, std::vector<BatchUnit> units) : Batch(context, std::move(units)), rows_(*this) {}
  BatchRows& rows(size_t) override { return rows_; }

 private:
  DirectRows rows_;
};

class RoutedBatch final : public Batch {
 public:
  RoutedBatch(BatchContext& context, std::vector<BatchUnit> units) : Batch(context, std::move(units)) {
    for (size_t t = 0; t < context.plan.pipeline.tables.size(); ++t) {
      const auto& child = context.plan.pipeline.tables[t].child;
      if (child) {
        children_.push_back(std::make_unique<ChildRows>(*this, records_, t, *rows_[child->parent]));
        rows_.push_back(children_.back().get());
      } else {
        routed_.push_back(std::make_unique<RoutedRows>(*this, records_, t));
        rows_.push_back(routed_.back().get());
      }
    }
  }
  BatchRows& rows(size_t table) override { return *rows_[table]; }

  Status leave_out(size_t table, const std::vector<RefusedRow>& refused) override {
    for (const auto& child : children_) {
      if (child->parent() == rows_[table]) INGOT_TRY(child->leave_out(refused));
    }
    return {};
  }

  Status prepare() override {
    if (records_.rows) return {};
    duckdb::Connection& work = context_.engine.work();
    Pass::Options options;
    options.with_address = true;
    INGOT_TRY(set_order(work, false));
    RoutedRecords records;
    INGOT_TRY(run_pass(options, [&](const std::string& rows) -> Status {
      INGOT_ASSIGN(const auto result, query_to_spill(work, rows));
      records = {result->names, result->TakeCollection()};
      return {};
    }));
    records_ = std::move(records);
    crash_point("engine.routed");
    return {};
  }

 private:
  RoutedRecords records_;
  std::vector<std::unique_ptr<RoutedRows>> routed_;
  std::vector<std::unique_ptr<ChildRows>> children_;
  std::vector<BatchRows*> rows_;  ///< by table
};

}  // namespace

std::unique_ptr<Batch> make_batch(BatchContext& context, std::vector<BatchUnit> units) {
  if (context.plan.pipeline.routed) return std::make_unique<RoutedBatch>(context, std::move(units));
  return std::make_unique<DirectBatch>(context, std::move(units));
}

}  // namespace ingot
