#include "net/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <mutex>
#include <utility>

#include "core/environment.h"
#include "net/event_loop.h"

namespace ingot {

namespace {

// The library itself looks at none of them.
std::string certificates(const std::string& given) {
  if (!given.empty()) return given;
  for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE"}) {
    if (auto file = environment_variable(name)) return *file;
  }
  return {};
}

Status initialise() {
  static std::once_flag once;
  static CURLcode code = CURLE_OK;
  std::call_once(once, [] { code = ::curl_global_init(CURL_GLOBAL_DEFAULT); });
  if (code == CURLE_OK) return {};
  return fail(Code::internal, fmt::format("cannot start libcurl: {}", ::curl_easy_strerror(code)));
}

// Where one asks for it, what an answer's body is read from.
class BodyStream final : public HttpBodyStream {
 public:
  BodyStream(HttpResponse head, std::shared_ptr<StreamBuffer> buffer, std::shared_ptr<Transfer> transfer,
             std::shared_ptr<EventLoop> loop)
      : head_(std::move(head)), buffer_(std::move(buffer)), transfer_(std::move(transfer)), loop_(std::move(loop)) {}

  ~BodyStream() override {
    buffer_->abandon();
    loop_->nudge(transfer_);
  }

  const HttpResponse& head() const override { return head_; }
  std::optional<uint64_t> size() const override { return buffer_->size(); }
  Result<size_t> read(char* out, size_t capacity) override {
    if (capacity == 0) return fail(Code::internal, "read() into an empty buffer");
    return buffer_->read(out, capacity, [this] { loop_->nudge(transfer_); });
  }

 private:
  const HttpResponse head_;
  const std::shared_ptr<StreamBuffer> buffer_;
  const std::shared_ptr<Transfer> transfer_;
  const std::shared_ptr<EventLoop> loop_;
};

}  // namespace

class HttpClient::Loops {
 public:
  explicit Loops(std::shared_ptr<NetShared> shared) : shared_(std::move(shared)) {
    for (int i = 0; i < shared_->options.threads; ++i) loops_.push_back(std::make_shared<EventLoop>(shared_));
  }

  ~Loops() {
    for (const auto& loop : loops_) loop->stop();
  }

  NetShared& shared() { return *shared_; }
  const std::shared_ptr<EventLoop>& next() { return loops_[turn_.fetch_add(1) % loops_.size()]; }

 private:
  const std::shared_ptr<NetShared> shared_;
  std::vector<std::shared_ptr<EventLoop>> loops_;
  std::atomic<size_t> turn_{0};
};

Result<std::unique_ptr<HttpClient>> HttpClient::make(HttpClientOptions options) {
  INGOT_TRY(initialise());
  auto shared = std::make_shared<NetShared>();
  if (options.threads < 1) options.threads = 1;
  if (options.max_in_flight < 1) options.max_in_flight = 1 << 20;
  if (options.max_per_host < 1) options.max_per_host = 1 << 20;
  if (options.user_agent.empty()) options.user_agent = "ingot/" INGOT_VERSION;
  if (options.max_requests_per_second > 0) shared->requests.emplace(options.max_requests_per_second);
  if (options.max_bytes_per_second > 0) shared->bytes.emplace(static_cast<double>(options.max_bytes_per_second));
  shared->ca_file = certificates(options.ca_file);
  shared->ca_folder = environment_variable("SSL_CERT_DIR").value_or("");
  shared->options = std::move(options);
  return std::unique_ptr<HttpClient>(new HttpClient(std::make_shared<Loops>(std::move(shared))));
}

HttpClient::HttpClient(std::shared_ptr<Loops> loops) : loops_(std::move(loops)) {}
HttpClient::~HttpClient() = default;

void HttpClient::submit(HttpRequest request, std::function<void(Result<HttpResponse>)> done) {
  auto transfer = std::make_shared<Transfer>(std::move(request), loops_->shared(), std::move(done), nullptr);
  if (auto status = transfer->check(); !status) {
    transfer->finish(fail(status.error()));
    return;
  }
  loops_->next()->submit(std::move(transfer));
}

std::future<Result<HttpResponse>> HttpClient::submit(HttpRequest request) {
  auto promise = std::make_shared<std::promise<Result<HttpResponse>>>();
  auto future = promise->get_future();
  submit(std::move(request), [promise](Result<HttpResponse> result) { promise->set_value(std::move(result)); });
  return future;
}

Result<HttpResponse> HttpClient::fetch(HttpRequest request) { return submit(std::move(request)).get(); }

Result<std::unique_ptr<HttpBodyStream>> HttpClient::open(HttpRequest request) {
  auto buffer = std::make_shared<StreamBuffer>();
  auto transfer = std::make_shared<Transfer>(std::move(request), loops_->shared(), nullptr, buffer);
  INGOT_TRY(transfer->check());
  const auto loop = loops_->next();
  loop->submit(transfer);
  auto head = buffer->wait_for_head();
  if (!head) return fail(head.error());
  return std::make_unique<BodyStream>(std::move(*head), std::move(buffer), std::move(transfer), loop);
}

}  // namespace ingot
