#include "engine/reject_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "engine/replay_records.h"
#include "source/reread.h"

namespace ingot {

namespace {

// A piece has this many rejects, or this many bytes.
constexpr size_t kPieceRejects = 10'000;
constexpr size_t kPieceBytes = 16 << 20;

void add_to_groups(RejectEntry reject, std::vector<RejectGroup>& groups) {
  auto found = std::find_if(groups.begin(), groups.end(), [&](const RejectGroup& group) {
    return group.code == reject.code && group.field == reject.field && group.example.table == reject.table;
  });
  if (found == groups.end()) {
    groups.push_back({0, reject.code, reject.field, std::move(reject)});
    found = groups.end() - 1;
  }
  ++found->count;
}

}  // namespace

RejectWriter::RejectWriter(const BatchContext& context, Batch& batch, const std::vector<LoadResult>& results,
                           Source& source, uint64_t run)
    : context_(context), batch_(batch), results_(results), source_(source), run_(run) {
  for (size_t i = 0; i < batch.rejects().size(); ++i)
    order_.push_back({batch.rejects()[i].unit, batch.rejects()[i].offset, -1, i});
  for (size_t t = 0; t < results.size(); ++t) {
    for (size_t i = 0; i < results[t].refused.size(); ++i) {
      order_.push_back({results[t].refused[i].unit, results[t].refused[i].offset, static_cast<int>(t), i});
    }
  }
  std::sort(order_.begin(), order_.end(), [](const Reference& a, const Reference& b) {
    return std::tie(a.unit, a.offset, a.table, a.index) < std::tie(b.unit, b.offset, b.table, b.index);
  });
}

RejectEntry RejectWriter::entry(const Reference& reference) const {
  RejectEntry out;
  out.run = run_;
  out.unit = reference.unit;
  const auto unit = std::lower_bound(batch_.units().begin(), batch_.units().end(), reference.unit,
                                     [](const BatchUnit& a, uint32_t b) { return a.unit < b; });
  out.unit_name = unit->name;
  out.offset = reference.offset;
  if (reference.table < 0) {
    const DecodeReject& reject = batch_.rejects()[reference.index];
    if (reject.table != DecodeReject::kNoTable) out.table = context_.shapes[reject.table].name.text();
    out.length = reject.length;
    out.line = reject.line;
    out.record_line = reject.record_line;
    out.column = reject.column;
    out.field = reject.field;
    out.code = std::string(fault_name(reject.fault));
    out.detail = reject.detail;
    trace(out);
    return out;
  }
  const RefusedRow& row = results_[static_cast<size_t>(reference.table)].refused[reference.index];
  out.table = context_.shapes[static_cast<size_t>(reference.table)].name.text();
  out.length = row.length;
  out.line = row.line;
  out.record_line = row.line;
  out.field = row.field;
  out.code = std::string(fault_name(row.fault));
  out.detail = row.detail;
  trace(out);
  return out;
}

// Of a record that is loaded again: where it comes from.
void RejectWriter::trace(RejectEntry& entry) const {
  const ReplayRecords* replay = context_.plan.feed.replay;
  const ReplayRecord* record = replay ? replay->find(entry.unit, entry.offset) : nullptr;
  if (!record) return;
  entry.origin = record->origin;
  entry.mended = record->mended;
}

std::vector<uint64_t> RejectWriter::replayed() const {
  std::vector<uint64_t> rejects;
  const ReplayRecords* replay = context_.plan.feed.replay;
  if (!replay) return rejects;
  for (const BatchUnit& unit : batch_.units()) {
    for (const ReplayRecord& record : replay->unit(unit.unit).records) rejects.push_back(record.reject);
  }
  return rejects;
}

Status RejectWriter::attach_heads(std::vector<UnitEntry>& units) {
  for (size_t i = 0, at = 0; i < units.size(); ++i) {
    // The ledger's readers look at part 0, whichever has the rejects.
    if (units[i].books.rejected == 0 && units[i].complete) continue;
    while (batch_.units()[at].unit != units[i].unit) ++at;  // those that could not be read were left out
    if (const ReplayRecords* replay = context_.plan.feed.replay) {
      const RejectedUnit& of = replay->unit(units[i].unit).of;
      units[i].head = of.head;
      units[i].delimiter = of.delimiter;
      units[i].fields = of.fields;
      continue;
    }
    const Feed::UnitRead& read = batch_.reads()[at];
    units[i].fields = read.fields;
    if (read.delimiter != 0) units[i].delimiter = read.delimiter;
    if (read.head_bytes == 0) continue;
    const BatchUnit& unit = batch_.units()[at];
    const ByteRange range{0, read.head_bytes};
    INGOT_ASSIGN(auto head, reread(source_, Unit{unit.name, unit.path, unit.stamp}, {&range, 1}, read.head_bytes));
    units[i].head = std::move(head.front());
  }
  return {};
}

Status RejectWriter::write(Session& session) {
  std::vector<RejectEntry> piece;
  size_t bytes = 0;
  const auto flush = [&]() -> Status {
    if (piece.empty()) return {};
    INGOT_TRY(attach_raw(piece));
    INGOT_TRY(session.record({}, piece));
    piece.clear();
    bytes = 0;
    return {};
  };
  for (const Reference& reference : order_) {
    piece.push_back(entry(reference));
    bytes += std::min<uint64_t>(piece.back().length, context_.raw_bytes);
    if (piece.size() >= kPieceRejects || bytes >= kPieceBytes) INGOT_TRY(flush());
  }
  return flush();
}

Status RejectWriter::attach_raw(std::vector<RejectEntry>& piece) {
  if (const ReplayRecords* replay = context_.plan.feed.replay) {
    for (RejectEntry& entry : piece) {
      const ReplayRecord* record = replay->find(entry.unit, entry.offset);
      if (!record) return fail(Code::internal, fmt::format("no record of the replay at byte {}", entry.offset));
      INGOT_ASSIGN(entry.raw, replay->bytes(*record, context_.raw_bytes));
      entry.length = record->size;
    }
    return {};
  }
  for (size_t begin = 0; begin < piece.size();) {
    size_t end = begin;
    std::vector<ByteRange> ranges;
    for (; end < piece.size() && piece[end].unit == piece[begin].unit; ++end)
      ranges.push_back({piece[end].offset, piece[end].length});
    const auto unit = std::lower_bound(batch_.units().begin(), batch_.units().end(), piece[begin].unit,
                                       [](const BatchUnit& a, uint32_t b) { return a.unit < b; });
    INGOT_ASSIGN(auto raw, reread(source_, Unit{unit->name, unit->path, unit->stamp}, ranges, context_.raw_bytes));
    for (size_t i = begin; i < end; ++i) piece[i].raw = std::move(raw[i - begin]);
    begin = end;
  }
  return {};
}

void RejectWriter::group(std::vector<RejectGroup>& groups, const std::set<uint32_t>* only) const {
  for (const Reference& reference : order_) {
    if (!only || only->contains(reference.unit)) add_to_groups(entry(reference), groups);
  }
}

}  // namespace ingot
