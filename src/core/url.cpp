#include "core/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "core/names.h"

namespace ingot {

namespace {

// What a parameter's name has in it whose value may let others in: tokens, keys, signatures.
constexpr std::array<std::string_view, 14> kSecretNames = {"sig",        "token",  "key",  "secret",  "passw",
                                                           "credential", "auth",   "code", "session", "pwd",
                                                           "expires",    "x-amz-", "jwt",  "x-goog-"};

// Parameters that are surely nothing else, and belong to no name: https://docs.aws.amazon.com/AmazonS3/latest/API/
// sigv4-query-string-auth.html, CloudFront, Google and Azure signed URLs.
constexpr std::array<std::string_view, 17> kCredentialNames = {
    "signature",      "sig",      "expires", "policy",  "key-pair-id",  "awsaccesskeyid",
    "googleaccessid", "token",    "jwt",     "api_key", "access_token", "apikey",
    "api-key",        "password", "secret",  "auth",    "key"};
// Azure's shared access signatures: all of it belongs to the permission, https://learn.microsoft.com/en-us/rest/api/
// storageservices/create-service-sas and create-user-delegation-sas.
constexpr std::array<std::string_view, 21> kSasNames = {"sv",  "ss",  "srt",   "sp",    "st",   "se",  "sr",
                                                        "spr", "sip", "skoid", "sktid", "skt",  "ske", "sks",
                                                        "skv", "si",  "saoid", "suoid", "scid", "sdd", "ses"};
constexpr size_t kLongValue = 20;  // of what only sounds like a secret: a name keeps `country_code=DE`

struct UrlParts {
  std::string_view scheme;     // with `://`
  std::string_view user_info;  // with `@`
  std::string_view authority;
  std::string_view path;
  std::string_view query;  // without `?`
  bool has_query = false;
};

UrlParts split_url(std::string_view url) {
  UrlParts parts;
  if (const size_t fragment = url.find('#'); fragment != url.npos) url = url.substr(0, fragment);
  if (const size_t scheme = url.find("://"); scheme != url.npos) {
    parts.scheme = url.substr(0, scheme + 3);
    url.remove_prefix(scheme + 3);
  }
  if (const size_t query = url.find('?'); query != url.npos) {
    parts.query = url.substr(query + 1);
    parts.has_query = true;
    url = url.substr(0, query);
  }
  const size_t slash = std::min(url.find_first_of("/\\"), url.size());
  parts.path = url.substr(slash);
  parts.authority = url.substr(0, slash);
  if (const size_t at = parts.authority.rfind('@'); at != parts.authority.npos) {
    parts.user_info = parts.authority.substr(0, at + 1);
    parts.authority.remove_prefix(at + 1);
  }
  return parts;
}

std::vector<std::string_view> parameters_of(std::string_view query) {
  std::vector<std::string_view> parameters;
  while (!query.empty()) {
    parameters.push_back(query.substr(0, query.find('&')));
    query.remove_prefix(std::min(parameters.back().size() + 1, query.size()));
  }
  return parameters;
}

std::string name_of(std::string_view parameter) { return folded_name(parameter.substr(0, parameter.find('='))); }

bool is_secret(std::string_view parameter) {
  const std::string name = name_of(parameter);
  return std::ranges::any_of(kSecretNames, [&](std::string_view part) { return name.find(part) != name.npos; });
}

// Does a parameter not belong to what a URL is about?
bool is_credential_parameter(std::string_view parameter) {
  const std::string name = name_of(parameter);
  if (!is_secret(parameter)) return name == "policy";
  if (name.starts_with("x-amz-") || name.starts_with("x-goog-")) return true;
  if (std::ranges::find(kCredentialNames, name) != kCredentialNames.end()) return true;
  return parameter.size() - std::min(parameter.size(), name.size() + 1) >= kLongValue;
}

bool is_sas_parameter(std::string_view parameter) {
  return std::ranges::find(kSasNames, name_of(parameter)) != kSasNames.end();
}

enum class Secrets : uint8_t { starred, left_out };

std::string clean_query(std::string_view query, Secrets secrets) {
  const auto parameters = parameters_of(query);
  const auto has = [&](std::string_view name) {
    return std::ranges::any_of(parameters, [&](std::string_view parameter) { return name_of(parameter) == name; });
  };
  const bool sas = has("sig") && has("sv");
  std::string out;
  for (const std::string_view parameter : parameters) {
    if (secrets == Secrets::left_out && (is_credential_parameter(parameter) || (sas && is_sas_parameter(parameter))))
      continue;
    const bool secret = secrets == Secrets::starred && is_secret(parameter);
    if (!out.empty()) out += '&';
    out += secret ? fmt::format("{}=***", parameter.substr(0, parameter.find('='))) : std::string(parameter);
  }
  return out;
}

std::string clean_url(std::string_view url, Secrets secrets) {
  const UrlParts parts = split_url(url);
  std::string out = fmt::format("{}{}{}", parts.scheme, parts.authority, parts.path);
  const std::string query = clean_query(parts.query, secrets);
  return query.empty() ? out : out + "?" + query;
}

// A key of an object store stands as it is: `?` is a character of it, or of a pattern.
bool has_parameters(std::string_view url) {
  const std::string scheme = scheme_of(url);
  return !scheme.empty() && scheme != "s3";
}

}  // namespace

std::string scheme_of(std::string_view url) {
  const size_t end = url.find("://");
  if (end == url.npos || end == 0) return {};
  const std::string scheme = folded_name(url.substr(0, end));
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.'; };
  return std::ranges::all_of(scheme, fits) ? scheme : std::string();
}

std::string printable_url(std::string_view url) {
  return has_parameters(url) ? clean_url(url, Secrets::starred) : std::string(url);
}

std::string lasting_url(std::string_view url) {
  return has_parameters(url) ? clean_url(url, Secrets::left_out) : std::string(url);
}

std::string path_of_url(std::string_view url) {
  return has_parameters(url) ? std::string(split_url(url).path) : std::string(url);
}

bool is_https(std::string_view url) { return folded_name(url.substr(0, 8)) == "https://"; }

// libcurl reads `https://a\@b/` as the user `a\` at b.
bool has_user_info(std::string_view url) {
  const UrlParts parts = split_url(url);
  return !parts.user_info.empty() || parts.path.starts_with('\\');
}

Result<std::string> origin_of(const std::string& url) {
  const UrlParts parts = split_url(url);
  const std::string scheme = folded_name(parts.scheme);
  const bool known = scheme == "http://" || scheme == "https://";
  if (!known || parts.authority.empty())
    return fail(Code::usage, fmt::format("not a URL of http or https: {}", printable_url(url)));
  std::string host = folded_name(parts.authority);
  const size_t colon = host.rfind(':');
  const bool has_port = colon != host.npos && host.find(']', colon) == host.npos;
  if (!has_port) host += scheme == "https://" ? ":443" : ":80";
  return scheme + host;
}

}  // namespace ingot
