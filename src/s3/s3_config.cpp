#include "s3/s3_config.h"

#include <fmt/format.h>

#include "core/environment.h"
#include "core/names.h"

namespace ingot {

namespace {

constexpr const char* kUsualRegion = "us-east-1";  // whose servers know where every bucket is

std::string first_of(std::initializer_list<std::optional<std::string>> values) {
  for (const auto& value : values) {
    if (value && !value->empty()) return *value;
  }
  return {};
}

std::string endpoint_of(const S3Options& options, const AwsProfile& profile) {
  if (!options.endpoint.empty()) return options.endpoint;
  if (folded_name(environment_variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").value_or("")) == "true") return {};
  return first_of({environment_variable("AWS_ENDPOINT_URL_S3"), environment_variable("AWS_ENDPOINT_URL"),
                   profile.get_of_service("s3", "endpoint_url"), profile.get("endpoint_url")});
}

std::string domain_of(const std::string& region) {
  return region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}

bool path_style_of(const S3Options& options, const std::string& endpoint, const AwsProfile& profile) {
  if (options.path_style) return *options.path_style;
  const std::string said = profile.get("s3.addressing_style").value_or("");
  if (said == "path" || said == "virtual") return said == "path";
  return !endpoint.empty();
}

}  // namespace

// A name with a dot in it is covered by no certificate of AWS: such buckets are named by the path.
std::string S3Config::bucket_url(const std::string& bucket, const std::string& of_region) const {
  const std::string server =
      endpoint.empty() ? fmt::format("https://s3.{}.{}", of_region, domain_of(of_region)) : endpoint;
  if (path_style || (endpoint.empty() && bucket.find('.') != bucket.npos)) return server + "/" + bucket;
  const size_t host = server.find("://") + 3;
  return server.substr(0, host) + bucket + "." + server.substr(host);
}

Result<S3Config> decide_s3_config(const S3Options& options) {
  INGOT_ASSIGN(const AwsProfile profile, AwsProfile::load(options.profile));
  S3Config out;
  out.region = first_of({options.region, environment_variable("AWS_REGION"), environment_variable("AWS_DEFAULT_REGION"),
                         profile.get("region")});
  out.region_chosen = !out.region.empty();
  if (!out.region_chosen) out.region = kUsualRegion;
  out.endpoint = endpoint_of(options, profile);
  while (out.endpoint.ends_with('/')) out.endpoint.pop_back();
  const std::string folded = folded_name(out.endpoint);
  if (!folded.empty() && !folded.starts_with("http://") && !folded.starts_with("https://"))
    return fail(Code::invalid_pipeline, fmt::format("not the URL of an S3 server: \"{}\"", out.endpoint),
                "write http://HOST:PORT or https://HOST");
  if (out.endpoint.find('@') != out.endpoint.npos)
    return fail(Code::invalid_pipeline, "an S3 endpoint with a user in it",
                "credentials are access_key_id and secret_access_key, or those of the environment");
  out.path_style = path_style_of(options, out.endpoint, profile);
  out.anonymous = options.anonymous;
  out.requester_pays = options.requester_pays;
  return out;
}

}  // namespace ingot
