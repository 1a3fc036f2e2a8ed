#pragma once

#include <string>
#include <utility>

namespace ingot {

/// A string that cannot be printed, logged or compared by accident.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  /// Hands the value to the one library call that needs it.
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace ingot
