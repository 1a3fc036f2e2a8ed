#pragma once

#include <chrono>
#include <string>

#include "aws/credentials.h"
#include "net/http_message.h"

namespace ingot {

/// For which service of AWS a request is, and when it is sent.
struct SigningScope {
  std::string region;
  std::string service;  ///< `s3`, `sqs`, …
  std::chrono::system_clock::time_point time = std::chrono::system_clock::now();
  /// S3 takes a path as it stands, and wants to be told the body's hash in a header; the others normalise the path.
  bool s3() const { return service == "s3"; }
};

/// Signs an attempt with AWS Signature Version 4 (by AWS's own signer, nothing of which asks the network): adds
/// `x-amz-date`, for S3 `x-amz-content-sha256`, and, as secrets, `Authorization` and `x-amz-security-token`. The body
/// is hashed, except for S3 over TLS, which carries it unharmed: there its hash is not told (UNSIGNED-PAYLOAD). All
/// headers are signed but those that proxies change. Error internal.
Status sign_v4(const AwsCredentials& credentials, const SigningScope& scope, HttpAttempt& attempt);

}  // namespace ingot
