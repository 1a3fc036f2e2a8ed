#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "format/field_names.h"

namespace ingot {

/// What a run's decoders have met: fields that no column takes, and which slots had any. Thread-safe.
class IgnoredFields {
 public:
  void add(const FieldNames& names, const std::vector<bool>& seen) {
    std::lock_guard lock(mutex_);
    names_.add(names);
    seen_.resize(seen.size());
    for (size_t slot = 0; slot < seen.size(); ++slot) seen_[slot] = seen_[slot] || seen[slot];
  }
  FieldNames names() const {
    std::lock_guard lock(mutex_);
    return names_;
  }
  /// By slot, since it was last taken: had it a field anywhere?
  std::vector<bool> take_seen() {
    std::lock_guard lock(mutex_);
    return std::exchange(seen_, {});
  }

 private:
  mutable std::mutex mutex_;
  FieldNames names_;
  std::vector<bool> seen_;
};

}  // namespace ingot
