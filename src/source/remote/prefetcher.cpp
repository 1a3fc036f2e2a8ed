#include "source/remote/prefetcher.h"

#include <algorithm>

#include "source/remote/object_bytes.h"

namespace ingot {

namespace {

constexpr size_t kMostAhead = 256;
constexpr uint64_t kMostBytes = 32 << 20;
constexpr uint64_t kEntryBytes = 512;  // that an object costs beside its bytes

bool is_small(const RemoteObject& object) { return object.size && *object.size <= Prefetcher::kSmallBytes; }

}  // namespace

Prefetcher::Prefetcher(ObjectStore& store, std::vector<std::shared_ptr<const RemoteObject>> order, size_t first_window)
    : store_(store), order_(std::move(order)), window_(std::clamp<size_t>(first_window, 1, kMostAhead)) {}

Prefetcher::~Prefetcher() { *cancelled_ = true; }

Result<std::shared_ptr<const std::string>> Prefetcher::take(size_t position) {
  for (const size_t next : choose(position)) {
    if (auto status = submit(next); !status) {
      const std::lock_guard lock(shelf_->mutex);
      shelf_->entries[next].result = fail(status.error());
      shelf_->changed.notify_all();
    }
  }
  std::unique_lock lock(shelf_->mutex);
  auto& entries = shelf_->entries;
  // Another thread may have taken it meanwhile, and found it to be an error, or old.
  shelf_->changed.wait(lock, [&] { return !entries.contains(position) || entries[position].result; });
  if (!entries.contains(position)) {
    lock.unlock();
    return take(position);
  }
  const auto result = *entries[position].result;
  if (result) {
    note_use(position, entries[position]);
  } else {
    remove(position);  // whoever asks again may be luckier
    shelf_->changed.notify_all();
  }
  return result;
}

void Prefetcher::note_use(size_t position, Entry& entry) {
  shelf_->used.erase(entry.used_at);
  entry.used_at = ++shelf_->turn;
  shelf_->used[entry.used_at] = position;
}

void Prefetcher::remove(size_t position) {
  const auto entry = shelf_->entries.find(position);
  shelf_->bytes -= entry->second.bytes;
  shelf_->used.erase(entry->second.used_at);
  shelf_->entries.erase(entry);
}

// Which objects are to be fetched now: the one that is wanted, and what follows it.
std::vector<size_t> Prefetcher::choose(size_t position) {
  std::vector<size_t> chosen;
  const std::lock_guard lock(shelf_->mutex);
  const size_t end = std::min(order_.size(), position + window_);
  window_ = std::min(window_ * 2, kMostAhead);
  for (size_t i = position; i < end; ++i) {
    if (shelf_->entries.contains(i) || (i > position && !is_small(*order_[i]))) continue;
    const uint64_t bytes = order_[i]->size.value_or(0) + kEntryBytes;
    if (!make_room(bytes, position) && i > position) break;
    shelf_->bytes += bytes;
    shelf_->entries[i].bytes = bytes;
    chosen.push_back(i);
  }
  return chosen;
}

// Lets go of what was read longest ago; what nobody has read yet stays.
bool Prefetcher::make_room(uint64_t bytes, size_t needed) {
  while (shelf_->bytes + bytes > kMostBytes) {
    auto oldest = shelf_->used.begin();
    if (oldest != shelf_->used.end() && oldest->second == needed) ++oldest;
    if (oldest == shelf_->used.end()) return false;
    remove(oldest->second);
  }
  return true;
}

Status Prefetcher::submit(size_t position) {
  INGOT_ASSIGN(HttpClient* const client, store_.client());
  INGOT_ASSIGN(HttpRequest request, request_for(store_, *order_[position]));
  request.cancelled = cancelled_;
  client->submit(std::move(request), [shelf = shelf_, position](Result<HttpResponse> answer) {
    const std::lock_guard lock(shelf->mutex);
    const auto entry = shelf->entries.find(position);
    if (entry == shelf->entries.end()) return;
    if (answer) {
      entry->second.result = std::make_shared<const std::string>(std::move(answer->body));
    } else {
      entry->second.result = fail(answer.error());
    }
    shelf->changed.notify_all();
  });
  return {};
}

}  // namespace ingot
