#pragma once

#include <string>

#include "aws/credentials.h"
#include "aws/profile.h"
#include "spec/s3_connection.h"

namespace ingot {

/// S3Options, decided.
struct S3Config {
  std::string region;          ///< of requests to buckets of which no other is known
  bool region_chosen = false;  ///< else it is a guess
  std::string endpoint;        ///< without a slash at the end; empty: AWS
  bool path_style = false;
  bool anonymous = false;
  bool requester_pays = false;

  /// Where a bucket of this region is: `https://HOST` or `https://HOST/BUCKET`, without a slash at the end.
  std::string bucket_url(const std::string& bucket, const std::string& region) const;
};

/// Decides by the options, then AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION, then the
/// profile (endpoint_url of the service or of all, region, s3.addressing_style). AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is
/// respected. Errors: not_found (a profile), invalid_pipeline (an endpoint that is no URL), source_unreadable.
Result<S3Config> decide_s3_config(const S3Options& options);

}  // namespace ingot
