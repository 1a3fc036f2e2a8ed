#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "source/remote/object_store.h"

namespace ingot {

/// Fetches small objects before they are asked for, in the order in which they will be, bounded by bytes and number: so
/// that thousands of them wait for one another's round trips as little as the server allows. What was read is kept
/// while there is room, for who reads it twice. Thread-safe.
class Prefetcher {
 public:
  /// An object of no more bytes is small.
  static constexpr uint64_t kSmallBytes = 1 << 20;

  Prefetcher(ObjectStore& store, std::vector<std::shared_ptr<const RemoteObject>> order, size_t first_window);
  ~Prefetcher();

  /// Returns the body of the object at `position` of the order; waits for it. Errors: those of HttpClient::fetch().
  Result<std::shared_ptr<const std::string>> take(size_t position);

 private:
  struct Entry {
    std::optional<Result<std::shared_ptr<const std::string>>> result;
    uint64_t bytes = 0;
    uint64_t used_at = 0;  // 0: not yet
  };
  // Outlives the prefetcher while requests are under way.
  struct Shelf {
    std::mutex mutex;
    std::condition_variable changed;
    std::map<size_t, Entry> entries;
    std::map<uint64_t, size_t> used;  // by turn
    uint64_t bytes = 0;
    uint64_t turn = 0;
  };

  std::vector<size_t> choose(size_t position);
  bool make_room(uint64_t bytes, size_t needed);
  void note_use(size_t position, Entry& entry);
  void remove(size_t position);
  Status submit(size_t position);

  ObjectStore& store_;
  const std::vector<std::shared_ptr<const RemoteObject>> order_;
  const std::shared_ptr<Shelf> shelf_ = std::make_shared<Shelf>();
  const std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
  size_t window_;  // guarded by the shelf's mutex
};

}  // namespace ingot
