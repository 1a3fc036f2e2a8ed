#pragma once

#include <mutex>

#include "format/field_names.h"

namespace ingot {

/// The fields that a run's decoders have met and that no column takes. Thread-safe.
class IgnoredFields {
 public:
  void add(const FieldNames& names) {
    std::lock_guard lock(mutex_);
    names_.add(names);
  }
  FieldNames names() const {
    std::lock_guard lock(mutex_);
    return names_;
  }

 private:
  mutable std::mutex mutex_;
  FieldNames names_;
};

}  // namespace ingot
