#pragma once

#include <string>
#include <string_view>

#include "core/error.h"

namespace ingot {

/// An object, or a prefix, as people write it: `s3://BUCKET/KEY`.
struct S3Url {
  std::string bucket;
  std::string key;  ///< as it is, nothing encoded; empty: the bucket

  std::string text() const { return "s3://" + bucket + "/" + key; }
};

/// Is `text` such a one?
bool is_s3_url(std::string_view text);

/// Takes `text` apart. A key is taken as it stands: neither `%` nor `?` means anything but itself. Errors:
/// invalid_pipeline (no bucket, or a name that no bucket can have).
Result<S3Url> parse_s3_url(std::string_view text);

/// Encodes a key for the path of a URL: all but letters, digits, - _ . ~ and / (RFC 3986, as S3 signs it).
std::string encode_s3_key(std::string_view key);

/// Encodes a value of a query: likewise, and / too.
std::string encode_s3_value(std::string_view value);

/// Undoes what `encoding-type=url` does to the keys of a listing: %XX, and + for a space. Nothing where a % is followed
/// by no two hex digits.
Result<std::string> decode_s3_key(std::string_view text);

}  // namespace ingot
