#include "ledger/ledger.h"

#include <fmt/format.h>

namespace ingot {

Books& Books::operator+=(const Books& other) {
  read += other.read;
  inserted += other.inserted;
  updated += other.updated;
  unchanged += other.unchanged;
  filtered += other.filtered;
  duplicate += other.duplicate;
  rejected += other.rejected;
  deleted += other.deleted;
  return *this;
}

Status check_layout(int64_t layout) {
  if (layout == kLedgerLayout) return {};
  return fail(Code::conflict,
              fmt::format("the ledger in schema ingot has layout {}; this Ingot knows {}", layout, kLedgerLayout),
              layout > kLedgerLayout
                  ? "use the newer Ingot that wrote it"
                  : "it is older than Ingot's first release: load into a new database, or drop schema ingot and the "
                    "tables that were loaded");
}

Result<std::optional<RejectEntry>> Ledger::reject(uint64_t id) {
  RejectFilter filter;
  filter.ids = {id};
  std::optional<RejectEntry> found;
  INGOT_TRY(for_each_reject(filter, [&](RejectEntry reject) -> Status {
    found = std::move(reject);
    return {};
  }));
  return found;
}

Result<std::vector<RejectCount>> Ledger::with_firsts(std::vector<RejectCount> counts) {
  if (counts.empty()) return counts;
  RejectFilter filter;
  for (const RejectCount& count : counts) filter.ids.push_back(count.first.reject);
  INGOT_ASSIGN(const auto firsts, rejects(filter, counts.size()));
  for (const RejectEntry& first : firsts) {
    for (RejectCount& count : counts) {
      if (count.first.reject == first.reject) count.first = first;
    }
  }
  return counts;
}

}  // namespace ingot
