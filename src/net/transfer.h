#pragma once

#include <curl/curl.h>
#include <xxhash.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/http_client.h"
#include "net/retry.h"
#include "net/stream_buffer.h"

namespace ingot {

/// What transfers of one client share.
struct NetShared {
  HttpClientOptions options;
  RetryBudget retries;
  std::optional<RateLimit> requests;
  std::optional<RateLimit> bytes;
  std::string ca_file;    ///< empty: as libcurl was built
  std::string ca_folder;  ///< empty: none
};

struct FreeEasy {
  void operator()(CURL* easy) const { ::curl_easy_cleanup(easy); }
};
using EasyHandle = std::unique_ptr<CURL, FreeEasy>;
struct FreeList {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};

/// One request on its way, with all of its attempts: what is sent, what has come, and what becomes of it. Belongs to
/// one event loop's thread once it is submitted.
class Transfer {
 public:
  using Clock = std::chrono::steady_clock;
  using Done = std::function<void(Result<HttpResponse>)>;

  Transfer(HttpRequest request, NetShared& shared, Done done, std::shared_ptr<StreamBuffer> stream);

  /// Returns what is wrong with the request before anything is sent.
  Status check();
  const std::string& origin() const { return origin_; }

  /// Prepares the next attempt on an easy handle. Error: final.
  Status begin(EasyHandle easy);
  CURL* easy() const { return easy_.get(); }
  EasyHandle take_easy();

  /// Looks at how an attempt has ended. Nothing: it is over, and finish() was called. Else: when the next one is due.
  std::optional<Clock::time_point> end_attempt(CURLcode code, std::mt19937_64& random);

  /// Ends it, once.
  void finish(Result<HttpResponse> result);
  bool finished() const { return finished_; }

  /// What its clocks say: a time-out that has passed.
  std::optional<CURLcode> overdue(Clock::time_point now) const;
  bool cancelled() const;

  /// Why it is paused: the reader is slow, or the client as a whole is to be slower (then until when).
  bool paused() const { return paused_; }
  std::optional<Clock::time_point> paused_until() const { return paused_until_; }
  void unpause();

  Error error(Code code, std::string_view what, std::string hint = {}) const;

 private:
  enum class Phase : uint8_t { connecting, waiting, receiving };

  static size_t on_header(char* data, size_t size, size_t count, void* self);
  static size_t on_body(char* data, size_t size, size_t count, void* self);
  static size_t on_read(char* out, size_t size, size_t count, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);
  static int on_prerequest(void* self, char*, char*, int, int);

  Status compose(HttpAttempt& attempt);
  void set_options(const HttpAttempt& attempt);
  void set_method(const HttpAttempt& attempt);
  void set_headers(const HttpAttempt& attempt);
  void take_header(std::string_view line);
  size_t take_body(const char* data, size_t size);
  Status begin_body();
  Status begin_stream();
  Status check_object();
  Status check_range();
  size_t deliver(const char* data, size_t size);
  bool skip_known(const char*& data, size_t& size);

  std::optional<Clock::time_point> judge_answer(std::mt19937_64& random);
  std::optional<Clock::time_point> follow();
  std::optional<Clock::time_point> retry(Error error, bool surely_unsent, std::mt19937_64& random);
  Status check_whole();
  Status check_measured() const;
  bool is_stream_answer() const;
  bool may_repeat() const;
  bool bound() const;
  Error status_error() const;
  Error network_error(CURLcode code) const;

  HttpRequest request_;
  NetShared& shared_;
  Done done_;
  const std::shared_ptr<StreamBuffer> stream_;

  EasyHandle easy_;
  std::unique_ptr<curl_slist, FreeList> header_list_;
  char error_text_[CURL_ERROR_SIZE] = {};
  std::string origin_;
  std::string first_origin_;  // credentials go there only
  std::string url_;           // after redirects
  int redirects_ = 0;
  int attempts_ = 0;  // all
  int failures_ = 0;  // one after the other, without progress
  std::chrono::milliseconds waited_{0};
  bool finished_ = false;

  // Of the attempt.
  HttpResponse response_;
  Phase phase_ = Phase::connecting;
  Clock::time_point last_activity_;
  bool body_begun_ = false;
  bool paused_ = false;
  std::optional<Clock::time_point> paused_until_;
  uint64_t received_ = 0;                // bytes of its body
  std::optional<uint64_t> announced_;    // that its body has
  size_t piece_ = 0, piece_offset_ = 0;  // of the request's body
  uint64_t sent_ = 0;
  std::optional<Error> abort_;  // why a callback has ended it

  // Of a stream, over its attempts.
  HttpExpectation object_;  // what it is of, once an answer has said so
  std::optional<HttpResponse> head_;
  uint64_t delivered_ = 0;
  uint64_t delivered_before_ = 0;  // when the attempt began
  std::optional<uint64_t> end_;    // offset in the object behind the last byte that is wanted
  uint64_t to_skip_ = 0;           // bytes that come again, and are compared
  struct FreeHash {
    void operator()(XXH3_state_t* state) const { ::XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, FreeHash> delivered_hash_;
  std::unique_ptr<XXH3_state_t, FreeHash> again_hash_;
};

}  // namespace ingot
