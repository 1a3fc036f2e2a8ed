#include "s3/s3_client.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <map>
#include <mutex>
#include <utility>

#include "aws/sigv4.h"
#include "net/header_values.h"
#include "s3/s3_url.h"

namespace ingot {

namespace {

constexpr std::chrono::seconds kRenewalHolds{20};  // longer than a request that was signed before takes
constexpr int kMostMoves = 2;  // of one bucket: servers that send one to and fro are not followed for ever

}  // namespace

/// What requests share, also those that outlive the client.
struct S3Client::State {
  S3Config config;
  std::unique_ptr<AwsCredentialsSource> credentials;  // none: anonymous
  std::mutex mutex;
  std::map<std::string, std::pair<std::string, int>> regions;  // of buckets that are not where they were looked for
  std::string signer;
  std::optional<std::chrono::steady_clock::time_point> renewed_at;
  std::atomic<int64_t> clock_offset{0};  // seconds that the server's clock is ahead

  std::string region_of(const std::string& bucket) {
    const std::lock_guard lock(mutex);
    const auto known = regions.find(bucket);
    return known == regions.end() ? config.region : known->second.first;
  }

  // Is it worth while to ask again? Also where another request in flight has learnt it before.
  bool learn_region(const std::string& bucket, const std::string& region) {
    const std::lock_guard lock(mutex);
    auto& [now, moves] = regions.try_emplace(bucket, config.region, 0).first->second;
    if (region.empty()) return false;
    if (region == now) return moves > 0;
    if (++moves > kMostMoves) return false;
    now = region;
    return true;
  }

  std::string signed_by() {
    const std::lock_guard lock(mutex);
    return signer;
  }

  Result<AwsCredentials> noted(Result<AwsCredentials> found) {
    if (found) {
      const std::lock_guard lock(mutex);
      signer = found->origin;
    }
    return found;
  }

  Status sign(const std::string& bucket, const std::string& path, HttpAttempt& attempt) {
    const std::string region = region_of(bucket);
    attempt.url = config.bucket_url(bucket, region) + path;
    if (config.requester_pays) attempt.headers.set("x-amz-request-payer", "requester");
    if (!credentials) return {};
    INGOT_ASSIGN(const AwsCredentials who, noted(credentials->current()));
    const auto time = std::chrono::system_clock::now() + std::chrono::seconds(clock_offset.load());
    return sign_v4(who, {region, "s3", time}, attempt);
  }

  // Is the server's clock another? Then requests are dated by it.
  bool learn_clock(const HttpResponse& answer) {
    const auto theirs = parse_http_date(answer.headers.get("Date"));
    if (!theirs) return false;
    const int64_t ahead = *theirs - ::time(nullptr);
    clock_offset = ahead;
    return std::abs(ahead) > 60;
  }

  // Requests in flight together are refused together: the first of them renews.
  bool renew() {
    if (!credentials) return false;
    const auto now = std::chrono::steady_clock::now();
    {
      const std::lock_guard lock(mutex);
      if (renewed_at && now - *renewed_at < kRenewalHolds) return true;
    }
    const auto refused = credentials->current();
    if (!refused || !refused->expires_at) return false;
    credentials->forget(refused->access_key_id);
    const std::lock_guard lock(mutex);
    renewed_at = now;
    return true;
  }

  HttpVerdict judge(const std::string& bucket, const HttpResponse& answer) {
    if (answer.status < 300 || answer.status == 304 || answer.status >= 500) return HttpVerdict::by_status;
    const S3Fault fault = read_s3_fault(answer);
    if (answer.status != 404 && learn_region(bucket, fault.region)) return HttpVerdict::retry;
    if (fault.code == "RequestTimeTooSkewed" && learn_clock(answer)) return HttpVerdict::retry;
    if ((fault.code == "ExpiredToken" || fault.code == "TokenRefreshRequired") && renew()) return HttpVerdict::retry;
    return HttpVerdict::by_status;
  }

  Error explain(const S3Subject& subject, const HttpResponse& answer, const Error& plain) {
    Error error = explain_s3_fault(read_s3_fault(answer), answer.status, subject, credentials ? signed_by() : "");
    if (answer.attempts > 1 && answer.status >= 500) error.message += fmt::format(", {} attempts", answer.attempts);
    if (error.hint.empty()) error.hint = plain.hint;
    return error;
  }
};

S3Client::S3Client(std::shared_ptr<HttpClient> http, std::shared_ptr<State> state)
    : http_(std::move(http)), state_(std::move(state)) {}

Result<std::shared_ptr<S3Client>> S3Client::make(std::shared_ptr<HttpClient> http, const S3Options& options) {
  auto state = std::make_shared<State>();
  INGOT_ASSIGN(state->config, decide_s3_config(options));
  if (!options.anonymous)
    state->credentials = make_credentials_source(
        {options.profile, options.access_key_id, options.secret_access_key, options.session_token});
  return std::shared_ptr<S3Client>(new S3Client(std::move(http), std::move(state)));
}

const S3Config& S3Client::config() const { return state_->config; }

Status S3Client::prepare() {
  if (!state_->credentials) return {};
  if (auto found = state_->noted(state_->credentials->get()); !found) return fail(found.error());
  return {};
}

std::string S3Client::signer() const { return state_->signed_by(); }

HttpRequest S3Client::request(std::string method, S3Subject subject, std::string query) const {
  std::string path = "/" + encode_s3_key(subject.key);
  if (!query.empty()) path += "?" + query;
  HttpRequest out;
  out.method = std::move(method);
  out.url = state_->config.bucket_url(subject.bucket, state_->config.region) + path;
  out.follow_redirects = false;  // they have to be signed anew
  out.sign = [state = state_, bucket = subject.bucket, path = std::move(path)](HttpAttempt& attempt) {
    return state->sign(bucket, path, attempt);
  };
  out.judge = [state = state_, bucket = subject.bucket](const HttpResponse& answer) {
    return state->judge(bucket, answer);
  };
  out.explain = [state = state_, subject = std::move(subject)](const HttpResponse& answer, const Error& plain) {
    return state->explain(subject, answer, plain);
  };
  return out;
}

HttpRequest S3Client::get(const std::string& bucket, const std::string& key) const {
  return request("GET", {"s3:GetObject", bucket, key}, "");
}

std::future<Result<HttpResponse>> S3Client::submit_head(const std::string& bucket, const std::string& key) const {
  return http_->submit(request("HEAD", {"s3:GetObject", bucket, key}, ""));
}

Result<S3Object> S3Client::head(const std::string& bucket, const std::string& key) {
  INGOT_TRY(prepare());
  INGOT_ASSIGN(const HttpResponse answer, submit_head(bucket, key).get());
  return s3_object_of(key, answer);
}

std::future<Result<HttpResponse>> S3Client::submit(const ListRequest& list) const {
  std::string query;  // in alphabetical order, as it is signed
  if (!list.token.empty()) query += "continuation-token=" + encode_s3_value(list.token) + "&";
  if (list.folders) query += "delimiter=%2F&";
  query +=
      fmt::format("encoding-type=url&list-type=2&max-keys={}&prefix={}", list.max_keys, encode_s3_value(list.prefix));
  return http_->submit(request("GET", {"s3:ListBucket", list.bucket, ""}, std::move(query)));
}

Result<S3ListPage> S3Client::list(const ListRequest& list) {
  INGOT_TRY(prepare());
  INGOT_ASSIGN(const HttpResponse answer, submit(list).get());
  return parse_s3_list_page(answer.body);
}

S3Object s3_object_of(const std::string& key, const HttpResponse& head) {
  S3Object out{key, std::string(head.headers.get("ETag")), content_length(head.headers).value_or(0), 0};
  if (const auto modified = parse_http_date(head.headers.get("Last-Modified")))
    out.last_modified_ns = *modified * 1'000'000'000;
  return out;
}

}  // namespace ingot
