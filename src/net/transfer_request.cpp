#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <cstring>

#include "core/url.h"
#include "net/transfer.h"

namespace ingot {

namespace {

// Each transfer has its own: hundreds are in flight, of streams a few.
constexpr long kBufferBytes = 64 << 10;
constexpr long kStreamBufferBytes = 256 << 10;

bool is_strong(const std::string& etag) { return etag.starts_with('"'); }

// What must not go to another host, whoever has put it among the plain headers.
bool is_credential(const std::string& name) {
  return ::strcasecmp(name.c_str(), "authorization") == 0 || ::strcasecmp(name.c_str(), "cookie") == 0;
}

template <class T>
void set(CURL* easy, CURLoption option, T value) {
  ::curl_easy_setopt(easy, option, value);
}

}  // namespace

// Is there anything by which another version would be noticed?
bool Transfer::bound() const { return is_strong(object_.etag) || !object_.last_modified.empty(); }

// The headers of an attempt: those of the request, what makes sure that the answer is of the object that is meant, and
// the signature of it all.
Status Transfer::compose(HttpAttempt& attempt) {
  attempt.method = request_.method;
  attempt.url = url_;
  attempt.headers = request_.headers;
  attempt.body = &request_.body;
  attempt.number = attempts_;
  const bool home = origin_ == first_origin_;
  if (home) {
    attempt.secret_headers = request_.secret_headers;
  } else {
    for (const auto& [name, value] : request_.headers.fields()) {
      if (is_credential(name)) attempt.headers.remove(name);
    }
  }
  if (!attempt.headers.find("Accept-Encoding")) attempt.headers.add("Accept-Encoding", "identity");
  const uint64_t first = (request_.range ? request_.range->offset : 0) + delivered_;
  // Without it the beginning has to come again, and is compared.
  if (request_.range || (delivered_ > 0 && bound())) {
    attempt.headers.set("Range", end_ ? fmt::format("bytes={}-{}", first, *end_ - 1) : fmt::format("bytes={}-", first));
  }
  if (is_strong(object_.etag)) {
    attempt.headers.set("If-Match", object_.etag);
  } else if (delivered_ > 0 && object_.etag.empty() && !object_.last_modified.empty()) {
    attempt.headers.set("If-Unmodified-Since", object_.last_modified);
  }
  if (request_.sign && home) INGOT_TRY(request_.sign(attempt));
  return {};
}

void Transfer::set_options(const HttpAttempt& attempt) {
  CURL* easy = easy_.get();
  ::curl_easy_reset(easy);
  set(easy, CURLOPT_URL, attempt.url.c_str());
  set(easy, CURLOPT_PRIVATE, static_cast<void*>(this));
  set(easy, CURLOPT_ERRORBUFFER, error_text_);
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_PATH_AS_IS, 1L);  // a signature is of the path as it stands
  set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(easy, CURLOPT_BUFFERSIZE, stream_ ? kStreamBufferBytes : kBufferBytes);
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.limits.connect_timeout.count()));
  set(easy, CURLOPT_USERAGENT, shared_.options.user_agent.c_str());
  // A paused stream of HTTP/2 holds up the others of its connection.
  const bool multiplexed = !stream_ && is_https(attempt.url);
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(multiplexed ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_PIPEWAIT, multiplexed ? 1L : 0L);
  if (!shared_.ca_file.empty()) set(easy, CURLOPT_CAINFO, shared_.ca_file.c_str());
  // Without a folder libcurl reads the certificates once for all connections.
  set(easy, CURLOPT_CAPATH, shared_.ca_folder.empty() ? nullptr : shared_.ca_folder.c_str());
  set(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(easy, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(easy, CURLOPT_PREREQFUNCTION, &Transfer::on_prerequest);
  set(easy, CURLOPT_PREREQDATA, static_cast<void*>(this));
  set_method(attempt);
  set_headers(attempt);
}

void Transfer::set_method(const HttpAttempt& attempt) {
  CURL* easy = easy_.get();
  const auto size = static_cast<curl_off_t>(request_.body.size());
  if (attempt.method == "HEAD") {
    set(easy, CURLOPT_NOBODY, 1L);
  } else if (size > 0 || attempt.method == "PUT") {
    set(easy, CURLOPT_UPLOAD, 1L);
    set(easy, CURLOPT_INFILESIZE_LARGE, size);
    set(easy, CURLOPT_READFUNCTION, &Transfer::on_read);
    set(easy, CURLOPT_READDATA, static_cast<void*>(this));
    set(easy, CURLOPT_SEEKFUNCTION, &Transfer::on_seek);
    set(easy, CURLOPT_SEEKDATA, static_cast<void*>(this));
    set(easy, CURLOPT_UPLOAD_BUFFERSIZE, kStreamBufferBytes);
  } else if (attempt.method == "POST") {
    set(easy, CURLOPT_POSTFIELDS, "");
    set(easy, CURLOPT_POSTFIELDSIZE, 0L);
  }
  if (attempt.method != "HEAD" && attempt.method != "GET") set(easy, CURLOPT_CUSTOMREQUEST, attempt.method.c_str());
}

void Transfer::set_headers(const HttpAttempt& attempt) {
  header_list_.reset();
  const auto add = [&](const std::string& line) {
    curl_slist* longer = ::curl_slist_append(header_list_.get(), line.c_str());
    if (longer == nullptr) return;
    (void)header_list_.release();
    header_list_.reset(longer);
  };
  // A semicolon: an empty value is sent, too.
  const auto line_of = [](const std::string& name, const std::string& value) {
    return value.empty() ? name + ";" : name + ": " + value;
  };
  for (const auto& [name, value] : attempt.headers.fields()) add(line_of(name, value));
  for (const auto& [name, value] : attempt.secret_headers) add(line_of(name, value.reveal()));
  add("Expect:");  // no 100-continue: servers that do not know it cost a second each
  if (!attempt.headers.find("Content-Type")) add("Content-Type:");
  set(easy_.get(), CURLOPT_HTTPHEADER, header_list_.get());
}

int Transfer::on_prerequest(void* self, char*, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.phase_ = Phase::waiting;
  transfer.last_activity_ = Clock::now();
  return CURL_PREREQFUNC_OK;
}

size_t Transfer::on_read(char* out, size_t size, size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const auto& pieces = transfer.request_.body.pieces;
  size_t filled = 0;
  while (filled < size * count && transfer.piece_ < pieces.size()) {
    const std::string& piece = *pieces[transfer.piece_];
    const size_t part = std::min(size * count - filled, piece.size() - transfer.piece_offset_);
    std::memcpy(out + filled, piece.data() + transfer.piece_offset_, part);
    filled += part;
    transfer.piece_offset_ += part;
    if (transfer.piece_offset_ < piece.size()) continue;
    ++transfer.piece_;
    transfer.piece_offset_ = 0;
  }
  transfer.sent_ += filled;
  transfer.last_activity_ = Clock::now();
  return filled;
}

// libcurl begins a body anew where a connection that it reused turns out to be closed.
int Transfer::on_seek(void* self, curl_off_t offset, int origin) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (origin != SEEK_SET || offset != 0) return CURL_SEEKFUNC_CANTSEEK;
  transfer.piece_ = transfer.piece_offset_ = 0;
  transfer.sent_ = 0;
  return CURL_SEEKFUNC_OK;
}

}  // namespace ingot
