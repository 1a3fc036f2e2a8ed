#include "net/transfer.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/url.h"

namespace ingot {

namespace {

// So much more of a stream means that an attempt was not for nothing.
constexpr uint64_t kProgressBytes = 64 << 10;

bool is_read(const std::string& method) { return method == "GET" || method == "HEAD"; }

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

Transfer::Transfer(HttpRequest request, NetShared& shared, Done done, std::shared_ptr<StreamBuffer> stream)
    : request_(std::move(request)),
      shared_(shared),
      done_(std::move(done)),
      stream_(std::move(stream)),
      url_(request_.url),
      object_(request_.expect) {
  if (request_.range && request_.range->length) end_ = request_.range->offset + *request_.range->length;
}

Status Transfer::check() {
  if (has_user_info(request_.url))
    return fail(error(Code::usage, "credentials in a URL", "give them by reference, apart from the URL"));
  INGOT_ASSIGN(origin_, origin_of(request_.url));
  first_origin_ = origin_;
  return {};
}

Status Transfer::begin(EasyHandle easy) {
  easy_ = std::move(easy);
  ++attempts_;
  response_ = HttpResponse{};
  phase_ = Phase::connecting;
  last_activity_ = Clock::now();
  body_begun_ = paused_ = false;
  paused_until_.reset();
  received_ = sent_ = 0;
  delivered_before_ = delivered_;
  announced_.reset();
  piece_ = piece_offset_ = 0;
  abort_.reset();
  to_skip_ = 0;
  if (!head_) object_ = request_.expect;  // what a failed answer was of says nothing
  error_text_[0] = 0;
  HttpAttempt attempt;
  INGOT_TRY(compose(attempt));
  set_options(attempt);
  return {};
}

EasyHandle Transfer::take_easy() {
  header_list_.reset();
  return std::move(easy_);
}

std::optional<Transfer::Clock::time_point> Transfer::end_attempt(CURLcode code, std::mt19937_64& random) {
  if (finished_) return std::nullopt;
  if (code == CURLE_OK && !body_begun_) {
    if (auto status = begin_body(); !status) abort_ = status.error();
  }
  if (abort_) {
    // A range that was wanted is complete, though the server would say more.
    if (abort_->code == Code::internal && abort_->message.empty()) {
      finish(std::move(*head_));
    } else {
      finish(fail(*abort_));
    }
    return std::nullopt;
  }
  if (code == CURLE_OK) return judge_answer(random);
  const bool unsent = phase_ == Phase::connecting;
  Error why = network_error(code);
  const bool hopeless = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
                        code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
                        code == CURLE_SSL_CERTPROBLEM || code == CURLE_OUT_OF_MEMORY;
  if (hopeless) {
    finish(fail(std::move(why)));
    return std::nullopt;
  }
  return retry(std::move(why), unsent, random);
}

std::optional<Transfer::Clock::time_point> Transfer::judge_answer(std::mt19937_64& random) {
  const int status = response_.status;
  if (is_redirect(status) && is_read(request_.method) && request_.follow_redirects) return follow();
  response_.url = url_;
  response_.attempts = attempts_;
  HttpVerdict verdict = HttpVerdict::by_status;
  if (request_.judge && !is_stream_answer()) verdict = request_.judge(response_);
  if (verdict == HttpVerdict::by_status) verdict = verdict_of(status);
  if (verdict == HttpVerdict::success) {
    // 202, 203, 204, …: something else than the object.
    if (request_.method == "GET" && (stream_ || request_.range || request_.expect.size) && status != 200 &&
        status != 206) {
      finish(fail(status_error()));
      return std::nullopt;
    }
    if (auto whole = check_whole(); !whole) {
      if (whole.error().code != Code::source_changed) return retry(whole.error(), false, random);
      finish(fail(whole.error()));
      return std::nullopt;
    }
    shared_.retries.earn();
    finish(stream_ && head_ ? *head_ : std::move(response_));
    return std::nullopt;
  }
  if (verdict == HttpVerdict::retry) return retry(status_error(), false, random);
  finish(fail(status_error()));
  return std::nullopt;
}

std::optional<Transfer::Clock::time_point> Transfer::follow() {
  char* target = nullptr;
  ::curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &target);
  const auto refuse = [&](Error why) {
    finish(fail(std::move(why)));
    return std::nullopt;
  };
  if (target == nullptr) return refuse(status_error());
  const std::string next = target;
  if (++redirects_ > request_.limits.max_redirects)
    return refuse(error(Code::source_unreadable, fmt::format("more than {} redirects", request_.limits.max_redirects)));
  if (is_https(url_) && !is_https(next))
    return refuse(error(Code::source_unreadable, fmt::format("a redirect from https to {}", printable_url(next)),
                        "what follows would not be encrypted: give that URL itself if it is meant"));
  auto origin = origin_of(next);
  if (!origin || has_user_info(next))
    return refuse(error(Code::source_unreadable, fmt::format("a redirect to {}", printable_url(next)),
                        "it is not followed: give the URL that is meant"));
  url_ = next;
  origin_ = std::move(*origin);
  return Clock::now();
}

std::optional<Transfer::Clock::time_point> Transfer::retry(Error why, bool surely_unsent, std::mt19937_64& random) {
  const auto give_up = [&](std::string hint) {
    if (!hint.empty()) why.hint = std::move(hint);
    finish(fail(std::move(why)));
    return std::nullopt;
  };
  // What came once more is no progress.
  if (stream_ && delivered_ >= delivered_before_ + kProgressBytes) {
    failures_ = 0;
    waited_ = {};
  }
  if (stream_ && delivered_ > 0 && request_.range && !bound())
    return give_up("the server says nothing that would tell another version of it: its rest is not asked for");
  if (!surely_unsent && !may_repeat()) return give_up("whether it was carried out is not known: look before repeating");
  if (++failures_ >= request_.limits.max_attempts) return give_up({});
  auto wait = backoff_before(failures_ + 1, request_.limits, random);
  const auto asked = parse_retry_after(response_.headers.get("Retry-After"), response_.headers.get("Date"));
  if (asked) wait += *asked;
  if (request_.limits.max_wait.count() > 0 && waited_ + wait > request_.limits.max_wait) {
    return give_up(asked ? fmt::format("the server asks to wait for {} s: run again later", asked->count() / 1000)
                         : "run again later");
  }
  if (!shared_.retries.take())
    return give_up("so many requests have failed that no more are repeated: run again later");
  waited_ += wait;
  url_ = request_.url;
  origin_ = first_origin_;
  redirects_ = 0;
  return Clock::now() + wait;
}

bool Transfer::may_repeat() const {
  if (request_.repeatable) return *request_.repeatable;
  return request_.method != "POST" && request_.method != "PATCH";
}

void Transfer::finish(Result<HttpResponse> result) {
  if (finished_) return;
  finished_ = true;
  if (stream_) {
    const Status status = result ? Status{} : Status(fail(result.error()));
    stream_->begin(std::move(result), std::nullopt);  // where an answer has begun it, that stands
    stream_->end(status);
    return;
  }
  if (done_) std::exchange(done_, nullptr)(std::move(result));
}

std::optional<CURLcode> Transfer::overdue(Clock::time_point now) const {
  if (paused_ || phase_ == Phase::connecting) return std::nullopt;
  const HttpLimits& limits = request_.limits;
  const auto limit = phase_ == Phase::waiting ? limits.first_byte_timeout : limits.stall_timeout;
  if (limit.count() == 0 || now - last_activity_ < limit) return std::nullopt;
  return CURLE_OPERATION_TIMEDOUT;
}

bool Transfer::cancelled() const {
  if (stream_ && stream_->abandoned()) return true;
  return request_.cancelled && request_.cancelled->load(std::memory_order_relaxed);
}

void Transfer::unpause() {
  if (!paused_) return;
  paused_ = false;
  paused_until_.reset();
  last_activity_ = Clock::now();
  ::curl_easy_pause(easy_.get(), CURLPAUSE_CONT);
}

Error Transfer::error(Code code, std::string_view what, std::string hint) const {
  const std::string times = attempts_ > 1 ? fmt::format(", after {} attempts", attempts_) : "";
  return {code, fmt::format("{}{}: {} {}", what, times, request_.method, printable_url(url_)), std::move(hint), {}};
}

}  // namespace ingot
