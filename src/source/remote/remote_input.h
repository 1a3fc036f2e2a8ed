#pragma once

#include <memory>
#include <string>

#include "source/content_hasher.h"
#include "source/files/stored_input.h"
#include "source/remote/object_bytes.h"
#include "source/remote/prefetcher.h"

namespace ingot {

/// Reads an object as if it were a file: from the beginning, hashed, and moved forward by a range where the server has
/// ranges. Nothing is sent before the first byte is wanted; only the version that was listed is read. Not thread-safe.
class RemoteInput final : public StoredInput {
 public:
  /// `prefetcher`: where the object is small, gives it at `position`.
  RemoteInput(ObjectStore& store, std::shared_ptr<const RemoteObject> object, std::shared_ptr<Prefetcher> prefetcher,
              size_t position)
      : store_(store), object_(std::move(object)), prefetcher_(std::move(prefetcher)), position_(position) {}

  Result<size_t> read(char* out, size_t capacity) override;
  Result<size_t> peek(char* out, size_t capacity) const override;
  bool skips() const override { return object_->size.has_value() && (object_->ranges || prefetcher_); }
  void skip(uint64_t count) override;
  // Every request has asked for the version that was listed.
  Status check_unchanged() const override { return {}; }

  bool at_end() const override { return at_end_; }
  uint64_t offset() const override { return offset_; }
  uint64_t size() const override { return object_->size.value_or(0); }
  const std::string& path() const override { return object_->name; }
  std::string hash() const override { return hasher_.text(); }

 private:
  Result<std::unique_ptr<ObjectBytes>> open_bytes(uint64_t offset) const;
  Result<size_t> fill(char* out, size_t capacity) const;
  Status check_complete() const;

  ObjectStore& store_;
  const std::shared_ptr<const RemoteObject> object_;
  const std::shared_ptr<Prefetcher> prefetcher_;
  const size_t position_;
  mutable std::unique_ptr<ObjectBytes> bytes_;
  mutable std::string head_;  // what peek() has read
  mutable size_t head_used_ = 0;
  ContentHasher hasher_;
  bool hashing_ = true;
  uint64_t offset_ = 0;
  bool at_end_ = false;
};

}  // namespace ingot
