#pragma once

#include <cstddef>
#include <set>
#include <string>

namespace ingot {

/// Names of fields, as paths; a bounded number of them.
struct FieldNames {
  static constexpr size_t kMost = 200;

  std::set<std::string> names;
  bool more = false;  ///< there were others

  void add(std::string name) {
    if (names.size() < kMost) {
      names.insert(std::move(name));
    } else if (!names.contains(name)) {
      more = true;
    }
  }
  void add(const FieldNames& others) {
    for (const std::string& name : others.names) add(name);
    more = more || others.more;
  }
};

}  // namespace ingot
