#include "source/http/http_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <map>

#include "core/url.h"
#include "net/content_range.h"
#include "net/header_values.h"

namespace ingot {

namespace {

constexpr int kMostConnections = 128;
constexpr int kMostInFlight = 256;
constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
// Last-Modified counts seconds: what was modified in the second of the answer may be modified once more in it.
constexpr int64_t kSettledSeconds = 2;
// Of a server that has no ranges and sends everything.
constexpr uint64_t kMostOfAnswer = 64 << 10;

bool is_gone(const Error& error) { return error.code == Code::not_found; }

// HEAD is refused by some servers, and by URLs that are signed for GET.
bool refuses_head(int status) {
  return status == 400 || status == 401 || status == 403 || status == 405 || status == 501;
}

Error explain(const HttpResponse& answer, Error error, bool has_auth) {
  if (answer.status == 401 || answer.status == 403) {
    error.hint = has_auth
                     ? "from.auth is refused: is it right, has it expired, may it read this?"
                     : "if the server wants to know who asks: from: { path: …, auth: { bearer: \"${env.TOKEN}\" } }";
  }
  if (error.code == Code::not_found)
    error.hint = "is the URL right? What may be absent is passed over by on_missing: skip";
  return error;
}

}  // namespace

HttpStore::HttpStore(std::vector<std::string> urls, HttpStoreOptions options)
    : urls_(std::move(urls)), options_(std::move(options)) {}

HttpStore::~HttpStore() = default;

Result<HttpClient*> HttpStore::client() {
  const std::lock_guard lock(mutex_);
  if (!client_) {
    HttpClientOptions options;
    options.max_in_flight = kMostInFlight;
    options.max_per_host = options_.max_connections > 0 ? options_.max_connections : kMostConnections;
    if (options.max_per_host < options.threads) options.threads = 1;
    options.stop = &stop_;
    INGOT_ASSIGN(client_, HttpClient::make(std::move(options)));
  }
  return client_.get();
}

HttpRequest HttpStore::request(const std::string& url) const {
  HttpRequest request;
  request.url = url;
  if (!options_.auth_header.empty()) request.secret_headers.emplace_back(options_.auth_header, options_.auth_value);
  request.explain = [has_auth = !options_.auth_header.empty()](const HttpResponse& answer, Error error) {
    return explain(answer, std::move(error), has_auth);
  };
  return request;
}

Result<HttpRequest> HttpStore::get(const RemoteObject& object) { return request(object.location); }

std::vector<std::string> HttpStore::missing() const {
  const std::lock_guard lock(mutex_);
  return missing_;
}

// A name is what a URL is without its secrets: two of them must not become one.
Status HttpStore::check_names() const {
  std::map<std::string, const std::string*> urls;
  for (const std::string& url : urls_) {
    const auto [known, is_new] = urls.emplace(lasting_url(url), &url);
    if (is_new || *known->second == url) continue;
    return fail(Code::invalid_pipeline, fmt::format("two URLs that differ in a secret only: {}", printable_url(url)),
                "a file is known by its URL without signatures, tokens and keys: say them by from.auth");
  }
  return {};
}

Result<std::vector<RemoteObject>> HttpStore::list() {
  INGOT_TRY(check_names());
  Listing listing;
  listing.objects.resize(urls_.size());
  INGOT_TRY(ask_by_head(listing));
  INGOT_TRY(ask_by_range(listing));
  std::vector<RemoteObject>& objects = listing.objects;
  std::erase_if(objects, [](const RemoteObject& object) { return object.name.empty(); });
  const std::lock_guard lock(mutex_);
  missing_ = std::move(listing.missing);
  return std::move(objects);
}

Status HttpStore::ask_by_head(Listing& listing) {
  std::vector<RemoteObject>& objects = listing.objects;
  INGOT_ASSIGN(HttpClient* const http, client());
  std::vector<std::future<Result<HttpResponse>>> answers;
  for (const std::string& url : urls_) {
    HttpRequest head = request(url);
    head.method = "HEAD";
    head.judge = [](const HttpResponse& answer) {
      return refuses_head(answer.status) ? HttpVerdict::success : HttpVerdict::by_status;
    };
    answers.push_back(http->submit(std::move(head)));
  }
  for (size_t i = 0; i < urls_.size(); ++i) {
    const Result<HttpResponse> answer = answers[i].get();
    if (!answer) {
      INGOT_TRY(note_missing(i, answer.error(), listing));
      continue;
    }
    objects[i].name = lasting_url(urls_[i]);
    objects[i].location = urls_[i];
    if (refuses_head(answer->status)) {
      listing.refused.push_back(i);
      continue;
    }
    describe(*answer, objects[i]);
    objects[i].size = content_length(answer->headers);
    // Some frameworks answer HEAD as if there were nothing.
    if (objects[i].size == uint64_t{0} && !objects[i].has_identity()) objects[i].size.reset();
  }
  return {};
}

// Asks for one byte: the answer tells the size of the whole.
Status HttpStore::ask_by_range(Listing& listing) {
  const std::vector<size_t>& which = listing.refused;
  INGOT_ASSIGN(HttpClient* const http, client());
  std::vector<std::future<Result<HttpResponse>>> answers;
  for (const size_t i : which) {
    HttpRequest get = request(urls_[i]);
    get.range = HttpRange{0, 1};
    get.limits.max_body_bytes = kMostOfAnswer;
    get.accept_unmeasured = true;
    get.judge = [](const HttpResponse& answer) {  // of nothing there is no range
      return answer.status == 416 ? HttpVerdict::success : HttpVerdict::by_status;
    };
    answers.push_back(http->submit(std::move(get)));
  }
  for (size_t n = 0; n < which.size(); ++n) {
    RemoteObject& object = listing.objects[which[n]];
    const Result<HttpResponse> answer = answers[n].get();
    if (!answer && answer.error().code == Code::resource) {
      INGOT_TRY(ask_by_get(which[n], listing));
      continue;
    }
    if (!answer) {
      INGOT_TRY(note_missing(which[n], answer.error(), listing));
      object.name.clear();
      continue;
    }
    describe(*answer, object);
    const auto range = parse_content_range(answer->headers.get("Content-Range"));
    if (answer->status == 206 && range) {
      object.size = range->total;
      object.ranges = true;
    } else if (answer->status == 200) {
      object.size = content_length(answer->headers);
    } else if (answer->headers.get("Content-Range") == "bytes */0") {
      object.size = 0;
    }
  }
  return {};
}

// Looks at the headers of the whole, and goes away.
Status HttpStore::ask_by_get(size_t which, Listing& listing) {
  RemoteObject& object = listing.objects[which];
  INGOT_ASSIGN(HttpClient* const http, client());
  const auto stream = http->open(request(urls_[which]));
  if (!stream) {
    INGOT_TRY(note_missing(which, stream.error(), listing));
    object.name.clear();
    return {};
  }
  describe((*stream)->head(), object);
  object.size = (*stream)->size();
  return {};
}

Status HttpStore::note_missing(size_t which, const Error& error, Listing& listing) const {
  if (!options_.skip_missing || !is_gone(error)) return fail(error);
  listing.missing.push_back(lasting_url(urls_[which]));
  return {};
}

void HttpStore::describe(const HttpResponse& answer, RemoteObject& object) const {
  object.etag = answer.headers.get("ETag");
  object.last_modified = answer.headers.get("Last-Modified");
  object.ranges = answer.headers.get("Accept-Ranges") == "bytes";
  const auto modified = parse_http_date(object.last_modified);
  if (!modified) {
    object.last_modified.clear();
    return;
  }
  object.modified_ns = *modified * kNanosecondsPerSecond;
  const auto now = parse_http_date(answer.headers.get("Date"));
  object.settled = now && *modified + kSettledSeconds <= *now;
  // nginx and others: time and length in hexadecimal. It tells no more than these do, and is marked so.
  const auto length = content_length(answer.headers);
  if (!object.settled && length && object.etag == fmt::format("\"{:x}-{:x}\"", *modified, *length))
    object.etag = "W/" + object.etag;
}

}  // namespace ingot
