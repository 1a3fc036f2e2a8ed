#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace ingot {

/// Bytes that this user may still write below `folder`; nothing where that cannot be known.
inline std::optional<uint64_t> free_bytes(const std::string& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  return error ? std::nullopt : std::optional<uint64_t>(space.available);
}

}  // namespace ingot
