#pragma once

#include <memory>
#include <string>

#include "core/secret.h"

namespace ingot {

struct S3Options;

/// How what does not lie on this machine is read.
struct RemoteOptions {
  /// The header that says who asks: `Authorization`, or another. Empty: none is sent. It goes to the host of the paths
  /// only.
  std::string auth_header;
  Secret auth_value;
  bool skip_missing = false;  ///< `on_missing: skip`: what is listed and not there is passed over, said and counted
  int max_requests = 0;       ///< to one host at a time; 0: what the source takes for right
  std::shared_ptr<const S3Options> s3;  ///< set where the paths are objects of S3
  std::string manifest;                 ///< of S3: the object that names what is read; empty: the buckets are listed
};

}  // namespace ingot
