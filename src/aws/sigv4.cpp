#include "aws/sigv4.h"

#include <aws/auth/credentials.h>
#include <aws/auth/signable.h>
#include <aws/auth/signing.h>
#include <aws/auth/signing_config.h>
#include <aws/auth/signing_result.h>
#include <aws/common/date_time.h>
#include <aws/common/string.h>
#include <aws/http/request_response.h>
#include <aws/io/stream.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/crt_runtime.h"
#include "core/names.h"

namespace ingot {

namespace {

template <auto Free>
struct FreeBy {
  template <class T>
  void operator()(T* what) const {
    Free(what);
  }
};

using Message = std::unique_ptr<aws_http_message, FreeBy<aws_http_message_release>>;
using Signable = std::unique_ptr<aws_signable, FreeBy<aws_signable_destroy>>;
using Stream = std::unique_ptr<aws_input_stream, FreeBy<aws_input_stream_release>>;
struct ReleaseCredentials {
  void operator()(const aws_credentials* credentials) const { aws_credentials_release(credentials); }
};
using SigningCredentials = std::unique_ptr<aws_credentials, ReleaseCredentials>;

Error not_signed(int code) {
  return {Code::internal, fmt::format("a request could not be signed: {}", crt_message(code)), {}, std::nullopt};
}

// What is on the way may take them out, add to them or write them anew.
bool sign_header(const aws_byte_cursor* name, void*) {
  constexpr std::array<std::string_view, 7> kChanged = {
      "accept-encoding", "connection", "expect", "keep-alive", "te", "transfer-encoding", "proxy-authorization"};
  return std::find(kChanged.begin(), kChanged.end(), folded_name(crt_text(*name))) == kChanged.end();
}

struct UrlParts {
  std::string_view scheme, host, path_and_query;
};

UrlParts parts_of(std::string_view url) {
  const size_t slashes = url.find("://");
  UrlParts parts{url.substr(0, slashes), url.substr(slashes + 3), "/"};
  const size_t end = parts.host.find_first_of("/?#");
  if (end == parts.host.npos) return parts;
  parts.path_and_query = parts.host.substr(end);
  parts.path_and_query = parts.path_and_query.substr(0, parts.path_and_query.find('#'));
  parts.host = parts.host.substr(0, end);
  return parts;
}

// As it is sent: without the scheme's own port.
std::string host_header(const UrlParts& url) {
  const std::string_view usual = url.scheme == "https" ? ":443" : ":80";
  return std::string(url.host.ends_with(usual) ? url.host.substr(0, url.host.size() - usual.size()) : url.host);
}

std::string joined(const HttpBody& body) {
  std::string out;
  out.reserve(body.size());
  for (const auto& piece : body.pieces) out += *piece;
  return out;
}

SigningCredentials signing_credentials(const AwsCredentials& given) {
  aws_credentials_options options{};
  options.access_key_id_cursor = crt_cursor(given.access_key_id);
  options.secret_access_key_cursor = crt_cursor(given.secret_access_key.reveal());
  options.session_token_cursor = crt_cursor(given.session_token.reveal());
  options.expiration_timepoint_seconds = std::numeric_limits<uint64_t>::max();
  return SigningCredentials(aws_credentials_new_with_options(crt_memory(), &options));
}

void add_header(aws_http_message* message, std::string_view name, std::string_view value) {
  aws_http_message_add_header(
      message, aws_http_header{crt_cursor(name), crt_cursor(value), AWS_HTTP_HEADER_COMPRESSION_USE_CACHE});
}

Message message_of(const HttpAttempt& attempt) {
  Message message(aws_http_message_new_request(crt_memory()));
  const UrlParts url = parts_of(attempt.url);
  std::string path(url.path_and_query);
  if (!path.starts_with('/')) path.insert(path.begin(), '/');
  aws_http_message_set_request_method(message.get(), crt_cursor(attempt.method));
  aws_http_message_set_request_path(message.get(), crt_cursor(path));
  if (!attempt.headers.find("host")) add_header(message.get(), "host", host_header(url));
  for (const auto& [name, value] : attempt.headers.fields()) add_header(message.get(), folded_name(name), value);
  return message;
}

/// What the signer calls back with, before aws_sign_request_aws() returns.
struct Signed {
  int code = 0;
  std::vector<std::pair<std::string, std::string>> headers;

  static void done(aws_signing_result* result, int code, void* data) {
    auto& self = *static_cast<Signed*>(data);
    self.code = code;
    if (result == nullptr) return;
    aws_array_list* list = nullptr;
    aws_signing_result_get_property_list(result, g_aws_http_headers_property_list_name, &list);
    for (size_t i = 0; list != nullptr && i < aws_array_list_length(list); ++i) {
      aws_signing_result_property property{};
      aws_array_list_get_at(list, &property, i);
      self.headers.emplace_back(crt_text(aws_byte_cursor_from_string(property.name)),
                                crt_text(aws_byte_cursor_from_string(property.value)));
    }
  }
};

aws_signing_config_aws config_of(const SigningScope& scope, const aws_credentials* credentials) {
  using namespace std::chrono;
  aws_signing_config_aws config{};
  config.config_type = AWS_SIGNING_CONFIG_AWS;
  config.algorithm = AWS_SIGNING_ALGORITHM_V4;
  config.signature_type = AWS_ST_HTTP_REQUEST_HEADERS;
  config.region = crt_cursor(scope.region);
  config.service = crt_cursor(scope.service);
  aws_date_time_init_epoch_millis(
      &config.date, static_cast<uint64_t>(duration_cast<milliseconds>(scope.time.time_since_epoch()).count()));
  config.should_sign_header = sign_header;
  config.flags.use_double_uri_encode = !scope.s3();
  config.flags.should_normalize_uri_path = !scope.s3();
  config.signed_body_header = scope.s3() ? AWS_SBHT_X_AMZ_CONTENT_SHA256 : AWS_SBHT_NONE;
  config.credentials = credentials;
  return config;
}

}  // namespace

Status sign_v4(const AwsCredentials& credentials, const SigningScope& scope, HttpAttempt& attempt) {
  const SigningCredentials key = signing_credentials(credentials);
  const Message message = message_of(attempt);
  const bool has_body = attempt.body != nullptr && attempt.body->size() > 0;
  const bool told = !(scope.s3() && has_body && attempt.url.starts_with("https:"));
  const std::string body = has_body && told ? joined(*attempt.body) : std::string();
  const aws_byte_cursor bytes = crt_cursor(body);
  const Stream stream(body.empty() ? nullptr : aws_input_stream_new_from_cursor(crt_memory(), &bytes));
  if (stream) aws_http_message_set_body_stream(message.get(), stream.get());
  const Signable signable(aws_signable_new_http_request(crt_memory(), message.get()));
  aws_signing_config_aws config = config_of(scope, key.get());
  if (!told) config.signed_body_value = g_aws_signed_body_value_unsigned_payload;
  Signed made;
  const auto* base = reinterpret_cast<const aws_signing_config_base*>(&config);
  if (aws_sign_request_aws(crt_memory(), signable.get(), base, Signed::done, &made) != 0)
    return fail(not_signed(aws_last_error()));
  if (made.code != 0) return fail(not_signed(made.code));
  for (auto& [name, value] : made.headers) {
    const std::string folded = folded_name(name);
    if (folded == "authorization" || folded == "x-amz-security-token") {
      attempt.secret_headers.emplace_back(std::move(name), Secret(std::move(value)));
    } else {
      attempt.headers.set(std::move(name), std::move(value));
    }
  }
  return {};
}

}  // namespace ingot
