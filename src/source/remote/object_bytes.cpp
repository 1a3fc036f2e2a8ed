#include "source/remote/object_bytes.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <future>

namespace ingot {

namespace {

// One connection seldom fills the line over a distance, four do. The first ranges are small: who looks at the beginning
// only does not want 24 MiB.
constexpr size_t kRangesAtATime = 6;
constexpr uint64_t kFirstRangeBytes = 256 << 10;
constexpr uint64_t kRangeBytes = 4 << 20;

class BodyBytes final : public ObjectBytes {
 public:
  BodyBytes(std::shared_ptr<const std::string> body, uint64_t offset) : body_(std::move(body)), offset_(offset) {}

  Result<size_t> read(char* out, size_t capacity) override {
    const size_t left = body_->size() - std::min<uint64_t>(body_->size(), offset_);
    const size_t count = std::min(capacity, left);
    if (count > 0) std::memcpy(out, body_->data() + offset_, count);
    offset_ += count;
    return count;
  }

 private:
  const std::shared_ptr<const std::string> body_;
  uint64_t offset_;
};

class StreamBytes final : public ObjectBytes {
 public:
  explicit StreamBytes(std::unique_ptr<HttpBodyStream> stream) : stream_(std::move(stream)) {}
  Result<size_t> read(char* out, size_t capacity) override { return stream_->read(out, capacity); }

 private:
  const std::unique_ptr<HttpBodyStream> stream_;
};

/// Keeps several ranges on their way, and hands them out in order.
class RangeBytes final : public ObjectBytes {
 public:
  RangeBytes(ObjectStore& store, HttpClient& client, const RemoteObject& object, uint64_t offset)
      : store_(store), client_(client), object_(object), next_(offset), at_(offset) {}

  ~RangeBytes() override { *cancelled_ = true; }

  Result<size_t> read(char* out, size_t capacity) override {
    if (instead_) return instead_->read(out, capacity);
    INGOT_TRY(submit_more());
    if (used_ == body_.size()) {
      if (under_way_.empty()) return 0;
      Result<HttpResponse> answer = under_way_.front().get();
      under_way_.pop_front();
      if (!answer && answer.error().code == Code::resource) return read_instead(out, capacity);
      if (!answer) return fail(answer.error());
      at_ += answer->body.size();
      body_ = std::move(answer->body);
      used_ = 0;
      at_a_time_ = std::min(at_a_time_ * 2, kRangesAtATime);
      INGOT_TRY(submit_more());
    }
    const size_t count = std::min(capacity, body_.size() - used_);
    std::memcpy(out, body_.data() + used_, count);
    used_ += count;
    return count;
  }

 private:
  // The server has ranges, and whoever stands before it sends everything each time.
  Result<size_t> read_instead(char* out, size_t capacity) {
    *cancelled_ = true;
    INGOT_ASSIGN(instead_, read_stream(store_, object_, at_));
    return instead_->read(out, capacity);
  }

  Status submit_more() {
    while (under_way_.size() < at_a_time_ && next_ < *object_.size) {
      const uint64_t length = std::min(range_bytes_, *object_.size - next_);
      INGOT_ASSIGN(HttpRequest request, request_for(store_, object_, next_, length));
      request.cancelled = cancelled_;
      request.limits.max_body_bytes = length;
      under_way_.push_back(client_.submit(std::move(request)));
      next_ += length;
      range_bytes_ = std::min(range_bytes_ * 2, kRangeBytes);
    }
    return {};
  }

  ObjectStore& store_;
  HttpClient& client_;
  const RemoteObject object_;
  uint64_t next_;
  uint64_t at_;  // behind what has come
  std::unique_ptr<ObjectBytes> instead_;
  uint64_t range_bytes_ = kFirstRangeBytes;
  size_t at_a_time_ = 1;
  const std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
  std::deque<std::future<Result<HttpResponse>>> under_way_;
  std::string body_;
  size_t used_ = 0;
};

}  // namespace

Result<HttpRequest> request_for(ObjectStore& store, const RemoteObject& object, uint64_t offset,
                                std::optional<uint64_t> length) {
  INGOT_ASSIGN(HttpRequest request, store.get(object));
  if (offset > 0 || length) request.range = HttpRange{offset, length};
  request.expect.etag = object.etag;
  request.expect.last_modified = object.last_modified;
  request.expect.size = object.size;
  return request;
}

std::unique_ptr<ObjectBytes> read_body(std::shared_ptr<const std::string> body, uint64_t offset) {
  return std::make_unique<BodyBytes>(std::move(body), offset);
}

Result<std::unique_ptr<ObjectBytes>> read_stream(ObjectStore& store, const RemoteObject& object, uint64_t offset) {
  INGOT_ASSIGN(HttpClient* const client, store.client());
  INGOT_ASSIGN(HttpRequest request, request_for(store, object, offset));
  INGOT_ASSIGN(auto stream, client->open(std::move(request)));
  return std::make_unique<StreamBytes>(std::move(stream));
}

Result<std::unique_ptr<ObjectBytes>> read_ranges(ObjectStore& store, const RemoteObject& object, uint64_t offset) {
  INGOT_ASSIGN(HttpClient* const client, store.client());
  return std::make_unique<RangeBytes>(store, *client, object, offset);
}

}  // namespace ingot
