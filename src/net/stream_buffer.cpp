#include "net/stream_buffer.h"

#include <algorithm>
#include <cstring>

namespace ingot {

void StreamBuffer::begin(Result<HttpResponse> head, std::optional<uint64_t> size) {
  const std::lock_guard lock(mutex_);
  if (head_) return;
  head_ = std::move(head);
  size_ = size;
  changed_.notify_all();
}

bool StreamBuffer::offer(const char* data, size_t size) {
  const std::lock_guard lock(mutex_);
  if (abandoned_) return true;
  if (bytes_.size() - read_ >= kCapacity) {
    full_ = true;
    return false;
  }
  if (read_ > 0) {
    bytes_.erase(0, read_);
    read_ = 0;
  }
  bytes_.append(data, size);
  changed_.notify_all();
  return true;
}

void StreamBuffer::end(Status status) {
  const std::lock_guard lock(mutex_);
  if (!end_) end_ = std::move(status);
  changed_.notify_all();
}

bool StreamBuffer::abandoned() {
  const std::lock_guard lock(mutex_);
  return abandoned_;
}

Result<HttpResponse> StreamBuffer::wait_for_head() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return head_.has_value(); });
  return *head_;
}

std::optional<uint64_t> StreamBuffer::size() {
  const std::lock_guard lock(mutex_);
  return size_;
}

Result<size_t> StreamBuffer::read(char* out, size_t capacity, const std::function<void()>& resume) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return read_ < bytes_.size() || end_; });
  if (read_ == bytes_.size()) {
    if (!*end_) return fail(end_->error());
    return 0;
  }
  const size_t count = std::min(capacity, bytes_.size() - read_);
  std::memcpy(out, bytes_.data() + read_, count);
  read_ += count;
  if (!full_ || bytes_.size() - read_ > kCapacity / 2) return count;
  full_ = false;
  lock.unlock();
  resume();
  return count;
}

void StreamBuffer::abandon() {
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
  bytes_.clear();
  read_ = 0;
}

}  // namespace ingot
