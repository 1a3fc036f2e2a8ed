#pragma once

#include <optional>
#include <string>

#include "core/secret.h"

namespace ingot {

/// How buckets are reached, as a connection of type s3 says it. What is empty is taken from the environment and from
/// the profile, as AWS's own tools do.
struct S3Options {
  std::string region;
  std::string endpoint;  ///< of another server than AWS: `http://127.0.0.1:9000`
  std::string profile;
  std::optional<bool> path_style;  ///< absent: with an endpoint the path names the bucket, else the host
  bool anonymous = false;          ///< nothing is signed: public buckets
  bool requester_pays = false;
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;
};

}  // namespace ingot
