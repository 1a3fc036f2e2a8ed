#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ingot {

/// Returns bytes as base64 (RFC 4648, with padding, without line breaks).
std::string base64(std::string_view bytes);

/// Returns the bytes that base64() made `text` of; nothing where it is not such a text.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace ingot
