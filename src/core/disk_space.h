#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace ingot {

/// With less than this a run may well not end.
inline constexpr uint64_t kLittleSpace = uint64_t{1} << 30;

/// Bytes that this user may still write below `folder`; nothing where that cannot be known.
inline std::optional<uint64_t> free_bytes(const std::string& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  return error ? std::nullopt : std::optional<uint64_t>(space.available);
}

}  // namespace ingot
