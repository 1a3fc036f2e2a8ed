#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "infer/column_profile.h"
#include "infer/unique_values.h"

namespace ingot::infer {

/// A column as one thread sees it: its profile, and what is still to be told to the columns' common UniqueValues.
struct ObservedColumn {
  ColumnProfile profile;
  size_t number = 0;  ///< among UniqueValues' columns
  std::vector<uint64_t> hashes;

  void add(Shape shape, std::string_view text, const Address& at, UniqueValues& unique) {
    const uint64_t hash = profile.add(shape, text, at);
    if (hash == 0 || !unique.wants(number)) return;
    hashes.push_back(hash);
    if (hashes.size() == kBatch) flush(unique);
  }

  void flush(UniqueValues& unique) {
    if (!hashes.empty() && unique.wants(number)) unique.add(number, hashes);
    hashes.clear();
  }

 private:
  static constexpr size_t kBatch = 256;
};

}  // namespace ingot::infer
