#include "engine/batch_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "core/crash_point.h"
#include "engine/batch_books.h"
#include "engine/next_part.h"
#include "engine/reject_writer.h"

namespace ingot {

namespace {

// For so many units with too many rejects it is said what they were.
constexpr size_t kExplained = 10;

constexpr std::string_view kSeeRejects = "See what is wrong with it, or allow more with --set max_rejects=…";

// A batch that lost to other transactions is tried so many times in all, after pauses that double.
constexpr int kTries = 6;
constexpr std::chrono::milliseconds kFirstPause{50};

void say_how_far(const BatchUnit& unit, Error& error) {
  error.message +=
      fmt::format("; the first {} bytes ({} lines) of {} are loaded", unit.start.byte, unit.start.line - 1, unit.name);
}

// Of a unit that is loaded in one there is nothing to say.
void add_part(const UnitEntry& unit, std::vector<PartsReport>& parts) {
  if (unit.complete && unit.from_byte == 0) return;
  if (parts.empty() || parts.back().name != unit.name) parts.push_back({unit.name, 0, 0, 0, false});
  PartsReport& report = parts.back();
  ++report.committed;
  report.to_byte = unit.to_byte();
  report.to_line = unit.to_line;
  report.complete = unit.complete;
}

std::vector<uint32_t> indexes_of(const std::vector<BatchUnit>& units) {
  std::vector<uint32_t> indexes;
  for (const BatchUnit& unit : units) indexes.push_back(unit.unit);
  return indexes;
}

}  // namespace

// Not the same for all: two that wait equally long meet again.
void BatchLoader::pause(int tries) const {
  std::uniform_real_distribution<> share(0.5, 1.5);
  std::random_device seed;
  const auto end = std::chrono::steady_clock::now() + share(seed) * kFirstPause * (1 << tries);
  while (std::chrono::steady_clock::now() < end && !context_.cancelled) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

Result<std::vector<BatchUnit>> BatchLoader::load(std::vector<BatchUnit> units, RunReport& report) {
  const size_t failed = report.failed.size();
  const std::optional<BatchUnit> begun =
      units.size() == 1 && units.front().start.byte > 0 ? std::optional(units.front()) : std::nullopt;
  claim_.part = units.empty() ? 0 : units.front().start.part;
  rest_.clear();
  Status status = load_all(std::move(units), report);
  if (begun && report.failed.size() > failed) say_how_far(*begun, report.failed.back().error);
  if (begun && !status) say_how_far(*begun, status.error());
  if (!status) return fail(std::move(status).error());
  return std::exchange(rest_, {});
}

Status BatchLoader::load_all(std::vector<BatchUnit> units, RunReport& report) {
  for (int tries = 1; !units.empty();) {
    std::vector<FailedUnit> unfit;
    bool again = false;
    Status status = attempt(units, report, unfit, again);
    if (!status && status.error().code == Code::busy && claim_.compare_first) {
      claim_.compare_first = false;  // others write to the table: a snapshot of it does not last until the commit
      continue;
    }
    if (!status && session_.lost_race()) {
      if (tries < kTries && !context_.cancelled) {
        ++report.retried;
        context_.progress.restart();
        pause(tries++);
        continue;
      }
      status.error().message += fmt::format("; tried {} times", tries);
    }
    note(unfit, report);
    if (!status) return status;
    if (!again) return {};
    std::set<std::string> left_out;
    for (const FailedUnit& failed : unfit) left_out.insert(failed.name);
    std::erase_if(units, [&](const BatchUnit& unit) { return left_out.contains(unit.name); });
  }
  return {};
}

bool BatchLoader::may_be_gone(const Error& error) const {
  return error.code == Code::not_found && context_.plan.pipeline.from.remote.skip_missing;
}

void BatchLoader::note(const std::vector<FailedUnit>& unfit, RunReport& report) const {
  for (const FailedUnit& failed : unfit) {
    if (may_be_gone(failed.error)) {
      report.missing.push_back(failed.name);
    } else {
      report.failed.push_back(failed);
    }
  }
}

Status BatchLoader::leave_out(const Error& error, const Batch& batch, std::vector<FailedUnit>& unfit,
                              bool& again) const {
  const auto& where = error.where;
  const auto& all = batch.units();
  const bool by_unit =
      where && (!together_ || may_be_gone(error)) && error.code != Code::interrupted &&
      std::any_of(all.begin(), all.end(), [&](const BatchUnit& unit) { return unit.name == where->file; });
  if (!by_unit) return fail(error);
  unfit.push_back({where->file, error, {}});
  again = true;
  return {};
}

Status BatchLoader::attempt(const std::vector<BatchUnit>& all, RunReport& report, std::vector<FailedUnit>& unfit,
                            bool& again) {
  auto batch = make_batch(context_, all);
  if (Status prepared = batch->prepare(); !prepared) return leave_out(prepared.error(), *batch, unfit, again);
  INGOT_TRY(Status(plan_stored_.get()));
  INGOT_ASSIGN(const std::vector<uint32_t> done, session_.begin(claim_, indexes_of(all)));
  if (!done.empty()) {
    session_.rollback();
    return load_others(all, done, report);
  }
  return place(*batch, report, unfit, again);
}

Status BatchLoader::begin_ahead(std::vector<BatchUnit> units) {
  INGOT_TRY(Status(plan_stored_.get()));
  claim_.part = units.front().start.part;
  rest_.clear();
  ahead_ = make_batch(context_, std::move(units));
  std::vector<BatchRows*> tables;
  for (size_t t = 0; t < context_.plan.pipeline.tables.size(); ++t) tables.push_back(&ahead_->rows(t));
  Status status = session_.begin_ahead(claim_, indexes_of(ahead_->units()), tables);
  if (!status) session_.rollback();
  return status;
}

Result<std::vector<BatchUnit>> BatchLoader::load_ahead(Turnstile& turnstile, uint64_t number, RunReport& report) {
  Status status;
  try {
    status = load_in_turn(turnstile, number, report);
  } catch (const std::exception& exception) {  // of memory, mostly: nothing may leave the thread
    status = fail(Code::resource, exception.what());
  }
  if (!status) session_.rollback();
  ahead_.reset();
  if (!status) return fail(std::move(status).error());
  return std::exchange(rest_, {});
}

Status BatchLoader::load_in_turn(Turnstile& turnstile, uint64_t number, RunReport& report) {
  INGOT_TRY(ahead_->prepare());
  for (size_t t = 0; t < context_.plan.pipeline.tables.size(); ++t)
    INGOT_TRY(session_.load_ahead(ahead_->rows(t), turnstile.is_turn_of(number)));
  crash_point("engine.ahead");
  if (!turnstile.wait_for_turn_of(number)) return fail(Code::interrupted, "a batch before was not loaded");
  INGOT_ASSIGN(const std::vector<uint32_t> done, session_.begin(claim_, indexes_of(ahead_->units())));
  if (!done.empty()) return fail(Code::busy, "another process has loaded some of the batch meanwhile");
  std::vector<FailedUnit> unfit;
  bool again = false;
  INGOT_TRY(place(*ahead_, report, unfit, again));
  if (again) return fail(Code::busy, "the batch is to be loaded without some of its units");
  if (const BatchUnit& first = ahead_->units().front(); first.start.byte > 0 && !unfit.empty())
    say_how_far(first, unfit.back().error);
  note(unfit, report);
  return {};
}

Status BatchLoader::place(Batch& batch, RunReport& report, std::vector<FailedUnit>& unfit, bool& again) {
  std::vector<LoadResult> results;
  Status status = session_.create_tables(ddl_);
  if (status) status = load_tables(batch, results);
  Result<BatchBooks> books = status ? close_books(context_, batch, results) : fail(status.error());
  if (!books) {
    session_.rollback();
    return leave_out(books.error(), batch, unfit, again);
  }
  RejectWriter rejects(context_, batch, results, source_, claim_.run);
  const bool placed_unfit = find_unfit(batch, *books, rejects, unfit);
  // The rows that a file brought before stay, where it cannot be loaded now.
  const bool deleted = context_.plan.pipeline.from.overwritten == Overwritten::replace_rows;
  if (!unfit.empty() && (together_ || placed_unfit || deleted)) {
    session_.rollback();
    for (const FailedUnit& failed : unfit) {
      if (together_ && !may_be_gone(failed.error)) return fail(failed.error);
    }
    again = true;
    return {};
  }
  books->leave_out(batch.reads());
  if (books->units.empty()) {  // none could be read
    session_.rollback();
    return {};
  }
  crash_point("engine.loaded");
  if (status = record(*books, rejects); !status) {
    session_.rollback();
    return status;
  }
  if (!ddl_.empty()) {
    for (const TableShape& shape : context_.shapes) {
      if (!shape.exists) report.created.push_back(shape.name.text());
      if (shape.exists) report.altered.insert(report.altered.end(), shape.ddl.begin(), shape.ddl.end());
    }
    ddl_.clear();
  }
  rejects.group(report.rejects);
  add_to_report(*books, report);
  if (batch.units().size() == 1 && !batch.reads().front().complete)
    rest_.push_back(next_part(batch.units().front(), batch.reads().front()));
  return {};
}

Status BatchLoader::record(BatchBooks& books, RejectWriter& rejects) {
  INGOT_TRY(rejects.attach_heads(books.units));
  INGOT_TRY(session_.record(books.units, {}));
  INGOT_TRY(rejects.write(session_));
  if (const auto replayed = rejects.replayed(); !replayed.empty()) {
    INGOT_TRY(session_.resolve(replayed));
    crash_point("engine.rejects_resolved");
  }
  crash_point("engine.recorded");
  INGOT_TRY(session_.commit());
  crash_point("engine.committed");
  return {};
}

// An earlier process's commit was still in flight when this run made up its mind: it has made the tables, too. Where a
// part of its ended is known to the ledger only. Whether it has altered the tables as this run would is not known.
Status BatchLoader::load_others(const std::vector<BatchUnit>& all, const std::vector<uint32_t>& done,
                                RunReport& report) {
  const bool alters = std::any_of(context_.shapes.begin(), context_.shapes.end(),
                                  [](const TableShape& shape) { return shape.exists && !shape.ddl.empty(); });
  if (alters && creates_tables()) return fail(Code::busy, "another process has loaded some of the plan", "run again");
  ddl_.clear();
  if (all.size() == 1) {
    INGOT_ASSIGN(const auto pending, ledger_.pending_units(claim_.key, claim_.plan));
    for (const PlannedUnit& unit : pending) {
      if (unit.unit != all.front().unit || !unit.begun) continue;
      rest_ = all;
      rest_.front().start = behind(*unit.begun, unit.begun->part + 1);
    }
    return {};
  }
  std::vector<BatchUnit> rest = all;
  const std::set<uint32_t> loaded(done.begin(), done.end());
  std::erase_if(rest, [&](const BatchUnit& unit) { return loaded.contains(unit.unit); });
  return load_all(std::move(rest), report);
}

// Adds the units that could not be read to their end, none of whose records were passed on, and those with too many
// rejects, whose other records were: returns whether there are such.
bool BatchLoader::find_unfit(const Batch& batch, const BatchBooks& books, const RejectWriter& rejects,
                             std::vector<FailedUnit>& unfit) const {
  bool placed = false;
  for (size_t i = 0; i < batch.units().size(); ++i) {
    const BatchUnit& unit = batch.units()[i];
    Error error;
    if (batch.reads()[i].error) {
      unfit.push_back({unit.name, *batch.reads()[i].error, {}});
    } else if (too_many_rejects(books.units[i].books, error)) {
      error.where = Place{unit.name, 0, 0};
      if (unit.start.byte > 0) error.hint = "nothing more of this file was loaded. " + std::string(kSeeRejects);
      FailedUnit failed{unit.name, error, {}};
      const std::set<uint32_t> only{unit.unit};
      if (unfit.size() < kExplained) rejects.group(failed.examples, &only);
      unfit.push_back(std::move(failed));
      placed = true;
    }
  }
  return placed;
}

namespace {

// The record's other rows lie in the transaction already: they go together.
Status check_child(const Batch& batch, const TableSpec& table, const LoadResult& result) {
  if (result.refused.empty()) return {};
  const RefusedRow& first = result.refused.front();
  const auto unit = std::find_if(batch.units().begin(), batch.units().end(),
                                 [&](const BatchUnit& candidate) { return candidate.unit == first.unit; });
  Error error{Code::target_refused,
              fmt::format("{} row{} of child table {} refused, first by {}", result.refused.size(),
                          result.refused.size() == 1 ? " was" : "s were", table.name,
                          first.detail.empty() ? first.field : first.detail),
              "nothing of this file was loaded: mend the record, or take away what refuses its rows",
              {}};
  error.where = Place{unit->name, static_cast<int>(first.line), 0};
  return fail(std::move(error));
}

}  // namespace

Status BatchLoader::load_tables(Batch& batch, std::vector<LoadResult>& results) {
  const size_t tables = context_.plan.pipeline.tables.size();
  for (size_t t = 0; t < tables; ++t) {
    INGOT_ASSIGN(LoadResult result, session_.load(batch.rows(t)));
    if (const TableSpec& table = context_.plan.pipeline.tables[t]; table.child) {
      INGOT_TRY(check_child(batch, table, result));
    } else if (table.has_children) {
      INGOT_TRY(batch.leave_out(t, result.refused));
    }
    results.push_back(std::move(result));
    crash_point("engine.table_loaded");
  }
  return {};
}

bool BatchLoader::too_many_rejects(const Books& books, Error& error) const {
  const RejectLimit& limit = context_.plan.pipeline.max_rejects;
  if (books.rejected == 0) return false;
  const auto by_rate = [&] {
    return books.rejected > limit.floor &&
           static_cast<double>(books.rejected) > *limit.rate * static_cast<double>(books.read);
  };
  const bool over = (limit.count && books.rejected > *limit.count) || (limit.rate && by_rate());
  if (!over) return false;
  error = {Code::too_many_rejects,
           fmt::format("{} of {} records rejected, more than max_rejects allows", books.rejected, books.read),
           "nothing of this file was loaded. " + std::string(kSeeRejects),
           {}};
  return true;
}

void BatchLoader::add_to_report(const BatchBooks& books, RunReport& report) const {
  for (const UnitEntry& unit : books.units) {
    report.units += unit.complete;
    report.bytes += unit.bytes;
    report.cut_off += unit.hash.empty();
    report.books += unit.books;
    add_part(unit, report.parts);
  }
  for (size_t t = 0; t < books.tables.size(); ++t) {
    report.tables[t].second += books.tables[t];
    if (!context_.plan.pipeline.tables[t].child) report.books.deleted += books.tables[t].deleted;
  }
}

}  // namespace ingot
