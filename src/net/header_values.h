#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "net/http_message.h"

namespace ingot {

/// Reads the date of a header, such as `Wed, 12 Oct 2009 17:50:00 GMT`: seconds since 1970. Nothing where it is none.
std::optional<int64_t> parse_http_date(std::string_view text);

/// Returns `Content-Length`; nothing where it is not there, or no number.
std::optional<uint64_t> content_length(const HttpHeaders& headers);

}  // namespace ingot
