#include "s3/s3_url.h"

#include <fmt/format.h>

#include <algorithm>

namespace ingot {

namespace {

constexpr std::string_view kScheme = "s3://";
constexpr size_t kLongestBucket = 63;
constexpr size_t kShortestBucket = 3;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

std::string encode(std::string_view text, bool keep_slash) {
  std::string out;
  out.reserve(text.size() * 3 / 2);
  for (const char c : text) {
    if (is_plain(c) || (keep_slash && c == '/')) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Of the names that were allowed once in us-east-1, capitals and underscores are still about.
bool may_be_bucket(std::string_view name) {
  if (name.size() < kShortestBucket || name.size() > kLongestBucket) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return is_plain(c) && c != '~'; });
}

}  // namespace

bool is_s3_url(std::string_view text) { return text.starts_with(kScheme); }

Result<S3Url> parse_s3_url(std::string_view text) {
  const std::string_view rest = text.substr(std::min(text.size(), kScheme.size()));
  const size_t slash = rest.find('/');
  S3Url url{std::string(rest.substr(0, slash)), slash == rest.npos ? "" : std::string(rest.substr(slash + 1))};
  if (!is_s3_url(text) || url.bucket.empty())
    return fail(Code::invalid_pipeline, fmt::format("no bucket in \"{}\"", text), "write s3://BUCKET/KEY");
  if (!may_be_bucket(url.bucket))
    return fail(Code::invalid_pipeline, fmt::format("no bucket can be called \"{}\"", url.bucket),
                "letters, digits, - and . only, 3 to 63 of them");
  return url;
}

std::string encode_s3_key(std::string_view key) { return encode(key, true); }

std::string encode_s3_value(std::string_view value) { return encode(value, false); }

Result<std::string> decode_s3_key(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return fail(Code::source_unreadable, fmt::format("a key of the listing is encoded wrongly: \"{}\"", text));
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

}  // namespace ingot
