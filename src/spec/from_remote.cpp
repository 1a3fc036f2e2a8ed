#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "core/base64.h"
#include "core/url.h"
#include "spec/options.h"
#include "spec/sections.h"

namespace ingot::spec {

namespace {

/// Reads the mapping `from.auth:`.
class AuthReader {
 public:
  AuthReader(Node& auth, Reading& reading, RemoteOptions& out) : auth_(auth), reading_(reading), out_(out) {}

  void read() {
    const bool bearer = given("bearer");
    const bool basic = given("user") || given("password");
    const bool header = given("header") || given("value");
    if (bearer + basic + header != 1) {
      reading_.wrong(auth_.where, bearer || basic || header ? "several kinds of auth" : "auth without content", kKinds);
      return;
    }
    if (bearer) {
      set("Authorization", "Bearer ", secret("bearer"));
    } else if (basic) {
      read_basic();
    } else {
      read_header();
    }
  }

 private:
  static constexpr const char* kKinds =
      "write auth: { bearer: \"${env.TOKEN}\" }, { user: NAME, password: \"${env.PASSWORD}\" }, or { header: NAME, "
      "value: \"${env.KEY}\" }";

  bool given(std::string_view key) const { return auth_.find(key) != nullptr; }

  // A secret in a pipeline's text would be in its repository, too.
  const Node* secret(std::string_view key) {
    const Node* value = value_of(auth_, key);
    if (value == nullptr) {
      if (!given(key)) reading_.wrong(auth_.where, fmt::format("auth without {}", key), kKinds);
      return nullptr;
    }
    if (value->written.empty()) {
      reading_.wrong(value->where, fmt::format("a secret as plain text: \"{}\"", key),
                     fmt::format("say where it is: {}: \"${{env.NAME}}\" or \"${{file:/run/secrets/NAME}}\"", key));
      return nullptr;
    }
    if (value->text.find_first_of("\r\n") != std::string::npos) {
      reading_.wrong(value->where, fmt::format("a secret with a line break: {}", value->written));
      return nullptr;
    }
    return value;
  }

  void set(const std::string& header, std::string_view scheme, const Node* value) {
    if (value == nullptr) return;
    out_.auth_header = header;
    out_.auth_value = Secret(std::string(scheme) + value->text);
  }

  void read_basic() {
    const Node* user = value_of(auth_, "user");
    if (user == nullptr && !given("user")) reading_.wrong(auth_.where, "auth without user", kKinds);
    const Node* password = secret("password");
    if (user == nullptr || password == nullptr) return;
    if (user->text.find(':') != std::string::npos) {
      reading_.wrong(user->where, "a user with a colon: it would be read as the password's beginning");
      return;
    }
    out_.auth_header = "Authorization";
    out_.auth_value = Secret("Basic " + base64(user->text + ":" + password->text));
  }

  void read_header() {
    const Node* header = value_of(auth_, "header");
    if (header == nullptr && !given("header")) reading_.wrong(auth_.where, "auth without header", kKinds);
    if (header == nullptr) return;
    const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
    if (header->text.empty() || !std::ranges::all_of(header->text, fits)) {
      reading_.wrong(header->where, fmt::format("not a header's name: \"{}\"", header->shown()));
      return;
    }
    set(header->text, "", secret("value"));
  }

  Node& auth_;
  Reading& reading_;
  RemoteOptions& out_;
};

// Credentials go to one host.
void check_one_origin(const Node& auth, const std::vector<std::string>& paths, Reading& reading) {
  std::string first;
  for (const std::string& path : paths) {
    const auto origin = origin_of(path);
    if (!origin) continue;
    if (first.empty()) first = *origin;
    if (*origin == first) continue;
    reading.wrong(auth.where, fmt::format("auth with URLs of several hosts: {} and {}", first, *origin),
                  "each would be sent the credentials: write a pipeline for each");
    return;
  }
}

}  // namespace

RemoteOptions read_remote(Node& from, const std::vector<std::string>& paths, Reading& reading) {
  RemoteOptions out;
  const bool remote = !paths.empty() && !scheme_of(paths.front()).empty();
  for (const char* name : {"auth", "on_missing", "max_requests"}) {
    const Node* value = from.find(name);
    if (value != nullptr && !remote && !paths.empty())
      reading.wrong(value->where, fmt::format("no effect with files of this machine: \"{}\"", name));
  }
  const bool s3 = remote && scheme_of(paths.front()) == "s3";
  if (const Node* auth = from.find("auth"); auth != nullptr && s3)
    reading.wrong(auth->where, "no effect with objects of S3: \"auth\"",
                  "credentials are those of the environment, of the profile, or of a connection with type: s3");
  if (Node* auth = value_of(from, "auth"); auth != nullptr && !s3) {
    if (check_section(*auth, Section::auth, "auth", reading)) AuthReader(*auth, reading, out).read();
    check_one_origin(*auth, paths, reading);
  }
  if (const Node* value = value_of(from, "on_missing")) out.skip_missing = value->text == "skip";
  if (const Node* value = value_of(from, "max_requests")) out.max_requests = std::stoi(value->text);
  return out;
}

}  // namespace ingot::spec
