#include "engine/pass.h"

#include <fmt/format.h>

#include <algorithm>

#include "format/decoder.h"
#include "format/unknown_field.h"

namespace ingot {

namespace {

uint32_t least_unit(const std::vector<BatchUnit>& units) {
  uint32_t least = UINT32_MAX;
  for (const BatchUnit& unit : units) least = std::min(least, unit.unit);
  return least;
}

std::vector<uint32_t> positions(const std::vector<BatchUnit>& units, uint32_t least) {
  std::vector<uint32_t> dense;
  for (uint32_t i = 0; i < units.size(); ++i) {
    const uint32_t at = units[i].unit - least;
    if (at >= dense.size()) dense.resize(at + 1);
    dense[at] = i;
  }
  return dense;
}

}  // namespace

Pass::Pass(const DecodePlan& plan, const std::vector<BatchUnit>& units, Progress& progress,
           const std::atomic<bool>& cancelled, Options options)
    : plan_(plan),
      units_(units),
      options_(options),
      progress_(progress),
      least_unit_(least_unit(units)),
      dense_(positions(units, least_unit_)),
      queue_(plan.queue_bytes),
      tallies_(units.size()),
      feed_(plan.source, plan.format, units, queue_, progress, cancelled, plan.feed) {
  for (UnitTally& tally : tallies_) tally.tables.resize(plan.composition.tables.size());
}

std::string Pass::sql() const {
  const auto handle = reinterpret_cast<uintptr_t>(this);
  return fmt::format("SELECT * FROM ingot_sieve(({}), {}::UBIGINT)",
                     plan_.composition.sql(fmt::format("ingot_scan({}::UBIGINT)", handle)), handle);
}

Status Pass::finish(Status query) {
  queue_.cancel();
  const auto& reads = feed_.finish();
  if (error_) return fail(*error_);
  for (const auto& read : reads) {
    if (!read.error || read.given_up) continue;
    if (read.emitted || read.error->code == Code::interrupted) return fail(*read.error);
  }
  INGOT_TRY(std::move(query));
  if (!ended_) return fail(Code::internal, "the query ended before its units did");
  std::sort(rejects_.begin(), rejects_.end(),
            [](const DecodeReject& a, const DecodeReject& b) { return a.record < b.record; });
  return {};
}

void Pass::add(uint32_t unit, const UnitTally& tally) {
  progress_.records += tally.read;
  progress_.rejected += tally.rejected;
  std::lock_guard lock(mutex_);
  UnitTally& sum = tallies_[position_of(unit)];
  sum.read += tally.read;
  sum.filtered += tally.filtered;
  sum.rejected += tally.rejected;
  sum.lost += tally.lost;
  for (size_t i = 0; i < tally.tables.size(); ++i) {
    sum.tables[i].passed += tally.tables[i].passed;
    sum.tables[i].filtered += tally.tables[i].filtered;
    sum.tables[i].rejected += tally.tables[i].rejected;
    sum.tables[i].lost += tally.tables[i].lost;
  }
}

void Pass::add_ignored(const Decoder& decoder) {
  if (plan_.ignored == nullptr) return;
  FieldNames names;
  decoder.add_ignored(names);
  std::vector<bool> seen(plan_.composition.slots.size());
  decoder.add_seen(seen);
  plan_.ignored->add(names, seen);
}

void Pass::fail_unknown_field(const std::vector<DecodeReject>& rejects) {
  for (const DecodeReject& reject : rejects) {
    if (reject.fault != Fault::unknown_field || error_) continue;
    error_ = unknown_field(reject.detail);
    error_->where = Place{unit_name(reject.unit), static_cast<int>(reject.line), static_cast<int>(reject.column)};
    queue_.cancel();
  }
}

void Pass::add_rejects(std::vector<DecodeReject>& rejects) {
  std::lock_guard lock(mutex_);
  if (plan_.pipeline.drift == Drift::fail) fail_unknown_field(rejects);
  for (auto& reject : rejects) rejects_.push_back(std::move(reject));
  rejects.clear();
  if (rejects_.size() <= plan_.max_rejects || error_) return;
  error_ = Error{
      Code::resource,
      fmt::format("more than {} rejects in one transaction do not fit into the memory limit", plan_.max_rejects),
      "nothing of this batch was loaded; see whether the file is what the pipeline expects, or raise --memory-limit",
      {}};
  error_->where = Place{unit_name(rejects_.back().unit), 0, 0};
  queue_.cancel();
}

void Pass::set_error(Error error) {
  std::lock_guard lock(mutex_);
  if (!error_) error_ = std::move(error);
}

}  // namespace ingot
