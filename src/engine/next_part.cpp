#include "engine/next_part.h"

namespace ingot {

BatchUnit next_part(const BatchUnit& unit, const Feed::UnitRead& read) {
  BatchUnit next = unit;
  next.start = {unit.start.part + 1, unit.start.byte + read.bytes, read.line, read.hash, read.before_next};
  return next;
}

Result<std::optional<BatchUnit>> find_next_part(const DecodePlan& plan, const BatchUnit& unit,
                                                const std::atomic<bool>& cancelled) {
  if (unit.part_bytes == 0 || unit.bytes_left() <= unit.part_bytes) return std::optional<BatchUnit>{};
  const std::vector<BatchUnit> units{unit};
  BlockQueue queue(plan.queue_bytes);
  Progress progress;
  Feed feed(plan.source, plan.format, units, queue, progress, cancelled, plan.feed);
  while (!queue.pop_run(1).empty()) {
  }
  const Feed::UnitRead& read = feed.finish().front();
  if (read.error) return fail(*read.error);
  return read.complete ? std::optional<BatchUnit>{} : next_part(unit, read);
}

}  // namespace ingot
