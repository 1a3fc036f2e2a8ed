#include "source/s3/s3_store.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <deque>
#include <unordered_set>
#include <utility>

#include "core/names.h"
#include "s3/s3_listing.h"
#include "s3/s3_url.h"
#include "source/s3/manifest.h"

namespace ingot {

namespace {

constexpr size_t kHeadsAtATime = 64;  // of a manifest's objects
constexpr int kLookedAt = 100;        // keys that a misspelt one is compared with

RemoteObject remote_object(const std::string& bucket, S3Object object) {
  RemoteObject out;
  out.name = "s3://" + bucket + "/" + object.key;
  out.size = object.size;
  out.etag = std::move(object.etag);
  out.modified_ns = object.last_modified_ns;
  out.ranges = true;
  return out;
}

void sort_by_name(std::vector<RemoteObject>& objects) {
  std::sort(objects.begin(), objects.end(),
            [](const RemoteObject& a, const RemoteObject& b) { return a.name < b.name; });
}

// What of the bucket's objects is most like `key`, for a hint.
std::string nearest_key(S3Client& client, const S3Url& url) {
  S3Client::ListRequest beside{url.bucket, url.key.substr(0, url.key.rfind('/') + 1), true, "", kLookedAt};
  const auto page = client.list(beside);
  if (!page) return {};
  std::vector<std::string> keys;
  for (const S3Object& object : page->objects) keys.push_back(object.key);
  const std::string near = nearest_name(url.key, keys);
  return near.empty() ? "" : S3Url{url.bucket, near}.text();
}

// A path without wildcards stands for all below it, too.
bool is_below(const KeyPattern& path, std::string_view key) {
  return !path.wild() && key.starts_with(path.prefix()) && key.substr(path.prefix().size()).starts_with('/');
}

}  // namespace

Result<std::shared_ptr<S3Client>> S3Store::s3() {
  const std::lock_guard lock(mutex_);
  if (client_) return client_;
  HttpClientOptions options;
  options.stop = &stopped_;
  if (selection_.max_requests > 0) options.max_per_host = selection_.max_requests;
  INGOT_ASSIGN(auto http, HttpClient::make(std::move(options)));
  http_ = std::move(http);
  INGOT_ASSIGN(client_, S3Client::make(http_, selection_.connection));
  return client_;
}

Result<HttpClient*> S3Store::client() {
  INGOT_ASSIGN(const auto client, s3());
  return &client->http();
}

Result<HttpRequest> S3Store::get(const RemoteObject& object) {
  INGOT_ASSIGN(const auto client, s3());
  INGOT_TRY(client->prepare());
  INGOT_ASSIGN(const S3Url url, parse_s3_url(object.name));
  return client->get(url.bucket, url.key);
}

std::vector<std::string> S3Store::missing() const {
  const std::lock_guard lock(mutex_);
  return missing_;
}

std::string S3Store::reached_by() const {
  const std::lock_guard lock(mutex_);
  if (!client_) return {};
  const S3Config& config = client_->config();
  const std::string who = config.anonymous ? "anonymous" : "credentials of " + client_->signer();
  return fmt::format("S3: {}, {}", who, config.endpoint.empty() ? "region " + config.region : config.endpoint);
}

Result<std::vector<RemoteObject>> S3Store::list() {
  INGOT_ASSIGN(const auto client, s3());
  INGOT_TRY(client->prepare());
  if (!selection_.manifest.empty()) return list_manifest(*client);
  if (selection_.paths.size() == 1) return list_path(*client, selection_.paths.front());
  std::vector<RemoteObject> objects;
  std::unordered_set<std::string> names;
  for (const std::string& path : selection_.paths) {
    INGOT_ASSIGN(auto more, list_path(*client, path));
    for (RemoteObject& object : more) {
      if (names.insert(object.name).second) objects.push_back(std::move(object));
    }
  }
  return objects;
}

Result<std::vector<RemoteObject>> S3Store::list_path(S3Client& client, const std::string& path) {
  INGOT_ASSIGN(const S3Url url, parse_s3_url(path));
  const KeyPattern pattern(url.key);
  if (!pattern.wild()) return list_exactly(client, url);
  // `report [1].csv` may be a name.
  if (url.key.find('*') == url.key.npos && !url.key.empty() && !url.key.ends_with('/')) {
    auto object = client.head(url.bucket, url.key);
    if (object) return std::vector<RemoteObject>{remote_object(url.bucket, std::move(*object))};
    if (object.error().code != Code::not_found) return fail(object.error());
  }
  return list_pattern(client, url.bucket, pattern);
}

Result<std::vector<RemoteObject>> S3Store::list_exactly(S3Client& client, const S3Url& url) {
  auto object = client.head(url.bucket, url.key);
  if (object) return std::vector<RemoteObject>{remote_object(url.bucket, std::move(*object))};
  if (object.error().code != Code::not_found) return fail(object.error());
  // Who may not list the bucket is told of the object alone.
  auto below = list_pattern(client, url.bucket, KeyPattern(url.key + "/"));
  if (!below) return below.error().code == Code::not_found ? fail(below.error()) : fail(object.error());
  if (!below->empty()) return below;
  Error error = object.error();
  if (const std::string near = nearest_key(client, url); !near.empty())
    error.hint = fmt::format("did you mean {}?", near);
  return fail(std::move(error));
}

Result<std::vector<RemoteObject>> S3Store::list_pattern(S3Client& client, const std::string& bucket,
                                                        const KeyPattern& pattern) {
  std::vector<RemoteObject> objects;
  INGOT_TRY(for_each_s3_object(client, bucket, pattern.prefix(), pattern.deep(), [&](S3Object object) -> Status {
    if (!pattern.matches(object.key)) return {};
    if (!simdjson::validate_utf8(object.key))  // it is kept in databases
      return fail(Code::source_unreadable, fmt::format("a key is not valid UTF-8: \"s3://{}/{}\"", bucket, object.key),
                  "rename the object, or narrow the pattern");
    objects.push_back(remote_object(bucket, std::move(object)));
    return {};
  }));
  sort_by_name(objects);
  return objects;
}

Result<std::vector<RemoteObject>> S3Store::list_manifest(S3Client& client) {
  INGOT_ASSIGN(const S3Url manifest, parse_s3_url(selection_.manifest));
  INGOT_ASSIGN(const HttpResponse list, client.http().fetch(client.get(manifest.bucket, manifest.key)));
  INGOT_ASSIGN(auto named, parse_manifest(list.body, manifest));
  std::vector<std::pair<std::string, KeyPattern>> wanted;  // by bucket
  for (const std::string& path : selection_.paths) {
    INGOT_ASSIGN(S3Url url, parse_s3_url(path));
    wanted.emplace_back(std::move(url.bucket), KeyPattern(url.key));
  }
  std::erase_if(named, [&](const S3Url& url) {
    return !wanted.empty() && std::none_of(wanted.begin(), wanted.end(), [&](const auto& w) {
      return w.first == url.bucket && (w.second.matches(url.key) || is_below(w.second, url.key));
    });
  });
  return ask_for(client, named);
}

// HEAD does not tell what is not there: an answer to GET does.
Status S3Store::check_bucket(S3Client& client, const S3Url& url) {
  HttpRequest request = client.get(url.bucket, url.key);
  request.range = HttpRange{0, 1};
  const auto answer = client.http().fetch(std::move(request));
  return answer || answer.error().code == Code::not_found ? Status{} : Status(fail(answer.error()));
}

// As many at a time as a server takes easily; in the manifest's order.
Result<std::vector<RemoteObject>> S3Store::ask_for(S3Client& client, const std::vector<S3Url>& named) {
  std::vector<RemoteObject> objects;
  std::vector<std::string> gone;
  std::unordered_set<std::string> buckets;  // that were asked for
  std::deque<std::future<Result<HttpResponse>>> asked;
  size_t next = 0;
  for (const S3Url& url : named) {
    for (; next < named.size() && asked.size() < kHeadsAtATime; ++next)
      asked.push_back(client.submit_head(named[next].bucket, named[next].key));
    Result<HttpResponse> answer = asked.front().get();
    asked.pop_front();
    if (answer) {
      objects.push_back(remote_object(url.bucket, s3_object_of(url.key, *answer)));
    } else if (answer.error().code == Code::not_found && selection_.skip_missing) {
      if (buckets.insert(url.bucket).second) INGOT_TRY(check_bucket(client, url));
      gone.push_back(url.text());
    } else {
      Error error = std::move(answer).error();
      if (error.code == Code::not_found) error.hint = "the manifest names it; on_missing: skip goes on without it";
      return fail(std::move(error));
    }
  }
  const std::lock_guard lock(mutex_);
  missing_ = std::move(gone);
  return objects;
}

}  // namespace ingot
