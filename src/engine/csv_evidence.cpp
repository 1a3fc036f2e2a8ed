#include "engine/csv_evidence.h"

#include <algorithm>

namespace ingot {

namespace {

void keep_first(CsvEvidence::Record& kept, const CsvEvidence::Record& record) {
  if (record.at < kept.at) kept = record;
}

void keep_last(CsvEvidence::UnitEnd& end, const CsvEvidence::Record& record) {
  auto& kept = end.behind;
  const auto place =
      std::upper_bound(kept.begin(), kept.end(), record, [](const auto& a, const auto& b) { return a.at < b.at; });
  kept.insert(place, record);
  if (kept.size() > CsvEvidence::kMostBehind) kept.erase(kept.begin());
}

}  // namespace

void CsvEvidence::add_ragged(uint32_t unit, const Record& record, bool comment) {
  ++ragged;
  comments += comment;
  keep_first(comment ? first_comment : first_ragged, record);
  if (unit < ends.size() && !comment) keep_last(ends[unit], record);
}

void CsvEvidence::merge(const CsvEvidence& other) {
  ragged += other.ragged;
  comments += other.comments;
  good_comments += other.good_comments;
  other_faults += other.other_faults;
  enclosed += other.enclosed;
  keep_first(first_comment, other.first_comment);
  keep_first(first_ragged, other.first_ragged);
  if (other.last.at.record != UINT64_MAX && (last.at.record == UINT64_MAX || last.at < other.last.at))
    last = other.last;
  for (size_t unit = 0; unit < ends.size() && unit < other.ends.size(); ++unit) {
    ends[unit].last_good = std::max(ends[unit].last_good, other.ends[unit].last_good);
    for (const Record& record : other.ends[unit].behind) keep_last(ends[unit], record);
  }
}

std::vector<CsvEvidence::Record> CsvEvidence::behind_last(uint32_t unit) const {
  std::vector<Record> found;
  if (unit >= ends.size() || ends[unit].last_good == 0) return found;
  for (const Record& record : ends[unit].behind)
    if (record.at.record >= ends[unit].last_good) found.push_back(record);
  if (found.size() == kMostBehind) found.clear();
  return found;
}

}  // namespace ingot
