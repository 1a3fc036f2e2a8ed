#include "net/header_values.h"

#include <curl/curl.h>

#include <charconv>
#include <string>

namespace ingot {

std::optional<int64_t> parse_http_date(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const time_t seconds = ::curl_getdate(std::string(text).c_str(), nullptr);
  return seconds < 0 ? std::nullopt : std::optional<int64_t>(seconds);
}

std::optional<uint64_t> content_length(const HttpHeaders& headers) {
  const std::string_view text = headers.get("Content-Length");
  uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return length;
}

}  // namespace ingot
