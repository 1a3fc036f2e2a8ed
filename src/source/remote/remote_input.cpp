#include "source/remote/remote_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace ingot {

namespace {

// Below it a second connection costs more than it brings.
constexpr uint64_t kRangedBytes = 8 << 20;

}  // namespace

Result<std::unique_ptr<ObjectBytes>> RemoteInput::open_bytes(uint64_t offset) const {
  if (prefetcher_) {
    INGOT_ASSIGN(auto body, prefetcher_->take(position_));
    return read_body(std::move(body), offset);
  }
  const bool ranged = object_->ranges && object_->has_identity() && object_->size;
  if (ranged && *object_->size - std::min(*object_->size, offset) >= kRangedBytes)
    return read_ranges(store_, *object_, offset);
  return read_stream(store_, *object_, offset);
}

// Less only at the end.
Result<size_t> RemoteInput::fill(char* out, size_t capacity) const {
  size_t filled = 0;
  while (filled < capacity) {
    INGOT_ASSIGN(const size_t got, bytes_->read(out + filled, capacity - filled));
    if (got == 0) break;
    filled += got;
  }
  return filled;
}

Result<size_t> RemoteInput::read(char* out, size_t capacity) {
  if (at_end_) return 0;
  size_t filled = 0;
  if (head_used_ < head_.size()) {
    filled = head_.copy(out, capacity, head_used_);
    head_used_ += filled;
  }
  if (!bytes_ && object_->size && offset_ + filled >= *object_->size && offset_ > 0)
    capacity = filled;  // skipped to it
  if (filled < capacity) {
    if (!bytes_) {
      INGOT_ASSIGN(bytes_, open_bytes(offset_));
    }
    INGOT_ASSIGN(const size_t got, fill(out + filled, capacity - filled));
    filled += got;
  }
  at_end_ = filled < capacity || filled == 0;
  if (hashing_) hasher_.add(out, filled);
  offset_ += filled;
  if (at_end_) INGOT_TRY(check_complete());
  return filled;
}

Result<size_t> RemoteInput::peek(char* out, size_t capacity) const {
  if (!bytes_) {
    INGOT_ASSIGN(bytes_, open_bytes(0));
  }
  if (head_.empty()) {
    head_.resize(capacity);
    INGOT_ASSIGN(const size_t got, fill(head_.data(), capacity));
    head_.resize(got);
  }
  return head_.copy(out, capacity);
}

void RemoteInput::skip(uint64_t count) {
  if (count == 0) return;
  hashing_ = false;
  offset_ += count;
  bytes_.reset();
  head_.clear();
  head_used_ = 0;
}

Status RemoteInput::check_complete() const {
  if (!object_->size || offset_ == *object_->size) return {};
  return fail(Code::source_changed,
              fmt::format("the object has {} bytes instead of {}: \"{}\"", offset_, *object_->size, object_->name),
              "run again when it is complete");
}

}  // namespace ingot
