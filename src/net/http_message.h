#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/secret.h"
#include "core/url.h"

namespace ingot {

/// Header fields in the order of the wire. Names are compared without regard to case.
class HttpHeaders {
 public:
  HttpHeaders() = default;
  HttpHeaders(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

  /// Returns the first value of that name, or nothing.
  std::optional<std::string_view> find(std::string_view name) const;
  /// Returns the first value of that name, or an empty text.
  std::string_view get(std::string_view name) const { return find(name).value_or(std::string_view{}); }
  void add(std::string name, std::string value);
  /// Puts one field in the place of all of that name.
  void set(std::string name, std::string value);
  void remove(std::string_view name);
  void clear() { fields_.clear(); }
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// What is uploaded, in pieces that are sent one after the other without being copied. An attempt begins it anew.
struct HttpBody {
  std::vector<std::shared_ptr<const std::string>> pieces;

  static HttpBody of(std::string text) { return {{std::make_shared<const std::string>(std::move(text))}}; }
  uint64_t size() const;
};

/// Bytes from `offset` on; without a length to the end.
struct HttpRange {
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};

/// What the answer must be of, where that is known from a listing or an earlier answer. What is not so is
/// source_changed.
struct HttpExpectation {
  std::string etag;              ///< as the server wrote it, quotes included; sent as If-Match (strong ones)
  std::string last_modified;     ///< as the server wrote it; looked at where there is no ETag
  std::optional<uint64_t> size;  ///< of the whole object
};

/// An answer. Of a stream the body stays empty.
struct HttpResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;
  std::string url;   ///< that answered, after redirects; may hold secrets: print printable_url() of it
  int attempts = 0;  ///< that it took, this one included
};

/// What one attempt is about to send. A `sign` hook changes headers or URL; both begin anew with each attempt.
struct HttpAttempt {
  std::string method;
  std::string url;
  HttpHeaders headers;  ///< as they will be sent, `Range` and `If-Match` included; not `Host`, nor `Content-Length`
  const HttpBody* body = nullptr;                              ///< never null
  std::vector<std::pair<std::string, Secret>> secret_headers;  ///< go to the first host only, and are never printed
  int number = 1;
};

/// What becomes of a complete answer. `by_status`: the usual (2xx is success; 408, 429, 500, 502, 503, 504 are
/// retried; 3xx followed for GET and HEAD).
enum class HttpVerdict : uint8_t { by_status, success, retry, failure };

/// Bounds of one request. Zero: none.
struct HttpLimits {
  std::chrono::milliseconds connect_timeout{15'000};     ///< name, TCP and TLS
  std::chrono::milliseconds first_byte_timeout{60'000};  ///< from the request's last byte to the answer's first
  std::chrono::milliseconds stall_timeout{30'000};       ///< without any byte, while somebody reads
  int max_attempts = 8;
  std::chrono::milliseconds backoff{100};         ///< attempt n waits a random time up to backoff * 2^(n-1) …
  std::chrono::milliseconds max_backoff{20'000};  ///< … and up to this; Retry-After is waited for at least
  std::chrono::milliseconds max_wait{120'000};    ///< all waiting between attempts together
  uint64_t max_body_bytes = 256 << 20;            ///< of a body that fetch() holds in memory
  int max_redirects = 10;
};

/// One request, with all that is needed to send it again.
struct HttpRequest {
  std::string method = "GET";
  std::string url;  ///< http: or https:, without user information
  HttpHeaders headers;
  /// Headers that hold secrets (`Authorization`): sent to the URL's own scheme, host and port only, never printed.
  std::vector<std::pair<std::string, Secret>> secret_headers;
  HttpBody body;
  std::optional<HttpRange> range;
  HttpExpectation expect;
  /// Called before every attempt, on a thread of the client: quick, or other requests wait. Not called for hosts that
  /// a redirect led to. Its error is final.
  std::function<Status(HttpAttempt&)> sign;
  /// Asked of every complete answer (its body included; of a stream only for answers that are none of 200 and 206).
  std::function<HttpVerdict(const HttpResponse&)> judge;
  /// Makes a failed answer's error better: `error` is what it would be (code, message, hint). The answer is whole, of a
  /// body its first `max_body_bytes`; of a stream its first 64 KiB.
  std::function<Error(const HttpResponse&, Error error)> explain;
  /// May it be sent again where nobody knows whether it has been carried out? POST: by default not.
  std::optional<bool> repeatable;
  /// Is a body taken whose length nobody has told (HTTP/1.x without Content-Length and chunks)? That it is cut off
  /// could not be seen.
  bool accept_unmeasured = false;
  bool follow_redirects = true;  ///< of GET and HEAD; never from https to http
  HttpLimits limits;
  std::shared_ptr<std::atomic<bool>> cancelled;  ///< optional; set it, and the request ends with `interrupted`
};

}  // namespace ingot
