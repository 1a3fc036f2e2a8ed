#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/url.h"
#include "net/content_range.h"
#include "net/transfer.h"

namespace ingot {

namespace {

constexpr size_t kErrorBodyBytes = 64 << 10;  // of a stream's answer that is an error

std::string_view without_weakness(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Ends a transfer of which all that was wanted has come.
Error complete_early() { return Error{Code::internal, {}, {}, {}}; }

std::string_view hint_of(int status) {
  switch (status) {
    case 401:
      return "the server wants to know who asks: credentials are missing, wrong or expired";
    case 403:
      return "the server knows the request and refuses it: its credentials are missing, or may not read this";
    case 407:
      return "the proxy wants credentials: give them in https_proxy";
    case 429:
    case 503:
      return "the server is overloaded, or wants fewer requests: run again later";
    default:
      return status >= 500 ? "the fault is the server's: run again later" : "";
  }
}

}  // namespace

size_t Transfer::on_header(char* data, size_t size, size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.last_activity_ = Clock::now();
  transfer.phase_ = Phase::receiving;
  if (!transfer.body_begun_) transfer.take_header({data, size * count});
  return size * count;
}

void Transfer::take_header(std::string_view line) {
  if (line.starts_with("HTTP/")) {  // the last answer counts: others are 1xx
    response_.headers.clear();
    response_.status = 0;
    const size_t space = line.find(' ');
    if (space != line.npos) std::from_chars(line.data() + space + 1, line.data() + line.size(), response_.status);
    return;
  }
  const size_t colon = line.find(':');
  if (colon == line.npos) return;
  response_.headers.add(std::string(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1))));
}

size_t Transfer::on_body(char* data, size_t size, size_t count, void* self) {
  return static_cast<Transfer*>(self)->take_body(data, size * count);
}

size_t Transfer::take_body(const char* data, size_t size) {
  last_activity_ = Clock::now();
  if (!body_begun_) {
    if (auto status = begin_body(); !status) {
      abort_ = status.error();
      return 0;
    }
  }
  if (shared_.bytes) {
    if (const auto due = shared_.bytes->due(); due > last_activity_) {
      paused_ = true;
      paused_until_ = due;
      return CURL_WRITEFUNC_PAUSE;
    }
  }
  const size_t taken = deliver(data, size);
  if (taken != size) return taken;
  received_ += size;
  if (shared_.bytes) shared_.bytes->charge(static_cast<double>(size));
  return size;
}

// Of an object only: other answers are what they are.
Status Transfer::begin_body() {
  body_begun_ = true;
  curl_off_t length = -1;
  ::curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (length >= 0) announced_ = static_cast<uint64_t>(length);
  const bool reads = request_.method == "GET" || request_.method == "HEAD";
  if (!reads || response_.status < 200 || response_.status >= 300) return {};
  INGOT_TRY(check_object());
  if (request_.method == "HEAD") return {};
  INGOT_TRY(check_range());
  INGOT_TRY(check_measured());
  return is_stream_answer() ? begin_stream() : Status{};
}

// Is this the object that is meant? What was not known of it is from now on.
Status Transfer::check_object() {
  const std::string etag(response_.headers.get("ETag"));
  const std::string last_modified(response_.headers.get("Last-Modified"));
  const auto changed = [&](std::string_view what) {
    return fail(
        error(Code::source_changed, fmt::format("the object has changed ({})", what), "run again when it is complete"));
  };
  if (!object_.etag.empty() && without_weakness(etag) != without_weakness(object_.etag)) return changed("ETag");
  if (object_.etag.empty() && !object_.last_modified.empty() && last_modified != object_.last_modified)
    return changed("Last-Modified");
  if (!stream_ || head_) return {};
  object_.etag = etag;
  object_.last_modified = last_modified;
  return {};
}

Status Transfer::check_range() {
  const uint64_t wanted = (request_.range ? request_.range->offset : 0) + delivered_;
  const bool asked = request_.range || delivered_ > 0;
  std::optional<uint64_t> total = announced_;
  if (response_.status == 206) {
    const auto range = parse_content_range(response_.headers.get("Content-Range"));
    const bool fits = asked && range && range->first == wanted && (!end_ || range->last < *end_);
    if (!fits || (announced_ && *announced_ != range->size()))
      return fail(
          error(Code::source_unreadable,
                fmt::format("another range than the one asked for: \"{}\"", response_.headers.get("Content-Range")),
                "the server, or a proxy before it, answers ranges wrongly"));
    announced_ = range->size();
    total = range->total;
  } else if (asked) {
    to_skip_ = wanted;
  }
  if (total && object_.size && *total != *object_.size)
    return fail(error(Code::source_changed, fmt::format("the object has {} bytes instead of {}", *total, *object_.size),
                      "run again when it is complete"));
  if (total && !object_.size) object_.size = total;
  return {};
}

Status Transfer::begin_stream() {
  if (head_) {
    again_hash_.reset(::XXH3_createState());
    ::XXH3_128bits_reset(again_hash_.get());
    return {};
  }
  delivered_hash_.reset(::XXH3_createState());
  ::XXH3_128bits_reset(delivered_hash_.get());
  if (object_.size) end_ = std::min(end_.value_or(*object_.size), *object_.size);
  response_.url = url_;
  response_.attempts = attempts_;
  head_ = response_;
  std::optional<uint64_t> size;
  const uint64_t offset = request_.range ? request_.range->offset : 0;
  if (end_) size = *end_ - std::min(*end_, offset);
  stream_->begin(*head_, size);
  return {};
}

bool Transfer::is_stream_answer() const { return stream_ && (response_.status == 200 || response_.status == 206); }

size_t Transfer::deliver(const char* data, size_t size) {
  if (!is_stream_answer()) {
    const size_t room = stream_ ? kErrorBodyBytes : request_.limits.max_body_bytes;
    if (response_.body.size() + size <= room || room == 0) {
      response_.body.append(data, size);
      return size;
    }
    if (stream_ || verdict_of(response_.status) != HttpVerdict::success) return size;
    abort_ = error(Code::resource, fmt::format("an answer of more than {} bytes", room));
    return 0;
  }
  const size_t all = size;
  const char* fresh = data;
  const uint64_t skip_before = to_skip_;
  if (!skip_known(fresh, size)) return 0;
  if (size == 0) return all;
  const uint64_t offset = (request_.range ? request_.range->offset : 0) + delivered_;
  if (end_) size = std::min<uint64_t>(size, *end_ - std::min(*end_, offset));
  if (size > 0 && !stream_->offer(fresh, size)) {
    // The same bytes come once more: those that were skipped are not to be skipped twice.
    if (skip_before > 0) {
      to_skip_ = static_cast<uint64_t>(fresh - data);
      again_hash_.reset();
    }
    paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  ::XXH3_128bits_update(delivered_hash_.get(), fresh, size);
  delivered_ += size;
  if (end_ && offset + size == *end_ && response_.status == 200 && request_.range) {
    abort_ = complete_early();
    return 0;
  }
  return all;
}

// Passes over what the server sends though it was not asked for, and compares what was delivered before.
bool Transfer::skip_known(const char*& data, size_t& size) {
  if (to_skip_ == 0) return true;
  const uint64_t before_range = to_skip_ - std::min(to_skip_, delivered_);  // never delivered
  const auto plain = static_cast<size_t>(std::min<uint64_t>(size, before_range));
  const auto again = static_cast<size_t>(std::min<uint64_t>(size - plain, to_skip_ - plain));
  if (again_hash_) ::XXH3_128bits_update(again_hash_.get(), data + plain, again);
  data += plain + again;
  size -= plain + again;
  to_skip_ -= plain + again;
  if (to_skip_ > 0 || !again_hash_) return true;
  const bool same =
      ::XXH128_isEqual(::XXH3_128bits_digest(again_hash_.get()), ::XXH3_128bits_digest(delivered_hash_.get()));
  if (!same)
    abort_ = error(Code::source_changed, "the object has changed (its beginning)", "run again when it is complete");
  return same;
}

// Has all come that was announced?
Status Transfer::check_whole() {
  if (request_.method == "HEAD" || response_.status == 204 || response_.status == 304) return {};
  const auto cut_off = [&](uint64_t expected) {
    return fail(error(Code::source_unreadable, fmt::format("cut off after {} of {} bytes", received_, expected),
                      "the connection, the server or a proxy between ends too early"));
  };
  if (announced_ && received_ != *announced_) return cut_off(*announced_);
  if (stream_) {
    if (to_skip_ > 0)
      return fail(error(Code::source_changed, "the object has changed (it is shorter than what was read of it)",
                        "run again when it is complete"));
    const uint64_t offset = request_.range ? request_.range->offset : 0;
    if (end_ && offset + delivered_ < *end_) return cut_off(*end_ - offset);
  } else if (request_.method == "GET" && response_.status == 200 && request_.range) {
    // A server without ranges has sent everything.
    const uint64_t offset = std::min<uint64_t>(request_.range->offset, response_.body.size());
    response_.body = response_.body.substr(offset, request_.range->length.value_or(response_.body.size()));
  } else if (response_.status == 206 && object_.size && end_ &&
             received_ != std::min(*end_, *object_.size) - request_.range->offset) {
    return cut_off(std::min(*end_, *object_.size) - request_.range->offset);
  }
  const bool by_size = !announced_ && request_.expect.size && response_.status == 200 && request_.method == "GET";
  if (by_size && received_ != *request_.expect.size) return cut_off(*request_.expect.size);
  return {};
}

// Will the end of the answer tell that it is whole? Lengths, chunks and HTTP/2 do; and a size that is known.
Status Transfer::check_measured() const {
  if (announced_ || request_.accept_unmeasured || request_.expect.size) return {};
  long version = 0;
  ::curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_VERSION, &version);
  if (version >= CURL_HTTP_VERSION_2_0 || response_.headers.get("Transfer-Encoding").ends_with("chunked")) return {};
  return fail(error(Code::source_unreadable, "an answer whose length nobody has told",
                    "it ends with the connection: one that is cut off could not be told from a whole one. Let the "
                    "server send Content-Length, or chunks"));
}

Error Transfer::status_error() const {
  const int status = response_.status;
  const bool gone = status == 404 || status == 410;
  Code code = gone ? Code::not_found : Code::source_unreadable;
  if (status == 412 || status == 416) code = Code::source_changed;
  const std::string what = code == Code::source_changed ? fmt::format("the object has changed (HTTP {})", status)
                                                        : fmt::format("HTTP {}", status);
  Error plain = error(code, what, std::string(hint_of(status)));
  return request_.explain ? request_.explain(response_, std::move(plain)) : plain;
}

Error Transfer::network_error(CURLcode code) const {
  std::string what = error_text_[0] != 0 ? error_text_ : ::curl_easy_strerror(code);
  std::string hint;
  if (code == CURLE_OPERATION_TIMEDOUT && phase_ != Phase::connecting) {
    const bool waiting = phase_ == Phase::waiting;
    const auto limit = waiting ? request_.limits.first_byte_timeout : request_.limits.stall_timeout;
    what =
        fmt::format("{} for {} s", waiting ? "no answer" : "no more bytes", static_cast<double>(limit.count()) / 1000);
  } else if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
    hint = "if an authority of your own has signed the certificate, name its file in SSL_CERT_FILE";
  } else if (code == CURLE_COULDNT_RESOLVE_HOST) {
    hint = "is the name right, and is there a network? Behind a proxy: https_proxy";
  } else if (code == CURLE_PARTIAL_FILE) {
    what = announced_ ? fmt::format("cut off after {} of {} bytes", received_, *announced_) : "cut off: " + what;
  }
  return error(Code::source_unreadable, what, std::move(hint));
}

}  // namespace ingot
