#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "net/http_message.h"

namespace ingot {

/// What holds for all requests of a client. Zero: no limit.
struct HttpClientOptions {
  int threads = 2;          ///< event loops
  int max_in_flight = 256;  ///< requests at a time; more wait in order
  int max_per_host = 128;   ///< of them to one host
  double max_requests_per_second = 0;
  uint64_t max_bytes_per_second = 0;        ///< received, by all together
  std::string ca_file;                      ///< instead of SSL_CERT_FILE, CURL_CA_BUNDLE and the system's
  std::string user_agent;                   ///< default: `ingot/VERSION`
  const std::atomic<bool>* stop = nullptr;  ///< polled; once true, all requests end with `interrupted`
};

/// The body of an answer while it arrives. A little is read ahead (1 MiB), then the sender is made to wait. A
/// connection that breaks is opened again where it broke (Range), and only the object that it began with is accepted.
/// One thread at a time.
class HttpBodyStream {
 public:
  virtual ~HttpBodyStream() = default;

  /// Status and headers of the first answer.
  virtual const HttpResponse& head() const = 0;

  /// The length of what is read (the range, where one was asked for), if the server has said it.
  virtual std::optional<uint64_t> size() const = 0;

  /// Fills up to `capacity` (> 0) bytes; 0 is the end, reached only when all bytes that were announced have come.
  /// Errors, final: source_changed (another ETag, Last-Modified or size in mid-read), source_unreadable (what is left
  /// after all attempts), interrupted.
  virtual Result<size_t> read(char* out, size_t capacity) = 0;
};

/// An asynchronous HTTP client: a few threads drive hundreds of requests. HTTP/2 where offered (streams use HTTP/1.1,
/// whose back-pressure is TCP's), connections reused, proxies from the environment (http_proxy, https_proxy, no_proxy).
/// Nothing is decoded: a body is what the server stores (`Accept-Encoding: identity`). Thread-safe.
///
/// Errors name method, URL without secrets, status, attempts and the cure: not_found (404, 410), source_unreadable
/// (other answers; what failed after all attempts), source_changed (412; see HttpExpectation), interrupted, resource.
class HttpClient {
 public:
  static Result<std::unique_ptr<HttpClient>> make(HttpClientOptions options = {});
  ~HttpClient();  // pending requests end with `interrupted`, their callbacks called

  /// Sends a request and waits for its answer, body included. Answers other than success are errors (see `judge`).
  Result<HttpResponse> fetch(HttpRequest request);

  /// Starts a request. `done` is called once, on a thread of the client: quick, and never blocking.
  void submit(HttpRequest request, std::function<void(Result<HttpResponse>)> done);

  /// Likewise, with a future.
  std::future<Result<HttpResponse>> submit(HttpRequest request);

  /// Starts a GET and waits for its first bytes.
  Result<std::unique_ptr<HttpBodyStream>> open(HttpRequest request);

 private:
  class Loops;
  explicit HttpClient(std::shared_ptr<Loops> loops);
  std::shared_ptr<Loops> loops_;
};

}  // namespace ingot
