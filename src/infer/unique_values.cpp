#include "infer/unique_values.h"

#include <utility>

namespace ingot::infer {

namespace {

constexpr size_t kFirstSlots = 1024;

}  // namespace

void UniqueValues::extend(size_t count) {
  while (columns_.size() < count) columns_.emplace_back();
}

void UniqueValues::add(size_t number, const std::vector<uint64_t>& hashes) {
  {
    Column& column = columns_[number];
    std::lock_guard lock(column.mutex);
    for (const uint64_t hash : hashes) {
      if (column.verdict != Verdict::unique) return;
      if (!insert(column, hash == 0 ? 1 : hash)) settle(column, Verdict::repeated);
    }
  }
  if (bytes_ > max_bytes_) give_up_last();
}

bool UniqueValues::insert(Column& column, uint64_t hash) {
  if (column.used * 2 >= column.slots.size()) grow(column);
  const size_t mask = column.slots.size() - 1;
  for (size_t at = hash & mask;; at = (at + 1) & mask) {
    if (column.slots[at] == hash) return false;
    if (column.slots[at] != 0) continue;
    column.slots[at] = hash;
    ++column.used;
    return true;
  }
}

void UniqueValues::grow(Column& column) {
  const std::vector<uint64_t> old = std::exchange(column.slots, {});
  column.slots.resize(old.empty() ? kFirstSlots : old.size() * 2);
  bytes_ += (column.slots.size() - old.size()) * sizeof(uint64_t);
  column.used = 0;
  for (const uint64_t hash : old) {
    if (hash != 0) insert(column, hash);
  }
}

void UniqueValues::settle(Column& column, Verdict verdict) {
  column.verdict = verdict;
  bytes_ -= column.slots.size() * sizeof(uint64_t);
  column.slots = {};
  column.used = 0;
}

// Keys mostly stand among the first columns.
void UniqueValues::give_up_last() {
  for (size_t i = columns_.size(); i-- > 0 && bytes_ > max_bytes_;) {
    std::lock_guard lock(columns_[i].mutex);
    if (columns_[i].verdict == Verdict::unique && columns_[i].used > 0) settle(columns_[i], Verdict::given_up);
  }
}

}  // namespace ingot::infer
