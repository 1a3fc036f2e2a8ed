#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace ingot {

/// Returns an environment variable that is set and not empty.
inline std::optional<std::string> environment_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == 0) return std::nullopt;
  return value;
}

}  // namespace ingot
