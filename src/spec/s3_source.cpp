#include "spec/s3_source.h"

#include <fmt/format.h>

#include <memory>

#include "spec/options.h"
#include "spec/s3_connection.h"

namespace ingot::spec {

namespace {

constexpr std::string_view kScheme = "s3://";

/// The value of a key, interpolated; empty where there is none, or it is wrong, which is reported.
std::string text_of(Node& connection, std::string_view key, Reading& reading) {
  Node* value = connection.find(key);
  if (value == nullptr || !value->is_scalar()) return {};
  return reading.interpolate(*value) ? value->text : std::string();
}

bool is_true(const Node& connection, std::string_view key) {
  const Node* value = connection.find(key);
  return value != nullptr && value->text == "true";
}

S3Options read_connection(Node connection, Reading& reading) {
  S3Options out;
  out.region = text_of(connection, "region", reading);
  out.endpoint = text_of(connection, "endpoint", reading);
  out.profile = text_of(connection, "profile", reading);
  out.access_key_id = text_of(connection, "access_key_id", reading);
  out.secret_access_key = Secret(text_of(connection, "secret_access_key", reading));
  out.session_token = Secret(text_of(connection, "session_token", reading));
  if (connection.find("path_style") != nullptr) out.path_style = is_true(connection, "path_style");
  out.anonymous = is_true(connection, "anonymous");
  out.requester_pays = is_true(connection, "requester_pays");
  return out;
}

/// Reads `from.connection`.
S3Options find_connection(const Node& name, const Project& project, Reading& reading) {
  const auto found = project.connections.find(name.text);
  if (found != project.connections.end() && is_s3_connection(found->second))
    return read_connection(found->second, reading);
  if (found != project.connections.end()) {
    reading.wrong(name.where, fmt::format("not a connection of type s3: \"{}\"", name.shown()),
                  "databases are not read from by this version; in ingot.yaml write { type: s3, … }");
    return {};
  }
  std::vector<std::string> names;
  for (const auto& [known, node] : project.connections) {
    if (is_s3_connection(node)) names.push_back(known);
  }
  std::string hint = names.empty() ? "" : nearest_hint(name.shown(), names);
  if (hint.empty()) hint = fmt::format("in ingot.yaml write connections: {{ {}: {{ type: s3, … }} }}", name.shown());
  reading.wrong(name.where, fmt::format("unknown connection: \"{}\"", name.shown()), std::move(hint));
  return {};
}

}  // namespace

bool is_s3_connection(const Node& connection) {
  const Node* type = connection.find("type");
  return type != nullptr && type->text == "s3";
}

bool check_s3_connection(const Node& connection, const std::string& name, Reading& reading) {
  const size_t before = reading.errors().size();
  if (const Node* url = connection.find("url"))
    reading.wrong(url->where, fmt::format("no effect with type s3: \"url\" of connection \"{}\"", name),
                  "the bucket stands in the path: s3://BUCKET/KEY; another server than AWS is named by endpoint");
  for (const std::string_view key : {"secret_access_key", "session_token"}) {
    const Node* value = connection.find(key);
    if (value != nullptr && value->text.find("${") == value->text.npos)
      reading.wrong(value->where, fmt::format("a secret in a file: {} of connection \"{}\"", key, name),
                    "write ${env.NAME} or ${file:PATH}");
  }
  const auto has = [&](std::string_view key) { return connection.find(key) != nullptr; };
  if (has("access_key_id") != has("secret_access_key"))
    reading.wrong(connection.where, fmt::format("one half of the credentials is missing in connection \"{}\"", name),
                  "access_key_id and secret_access_key go together; without both, the environment and the profile are "
                  "asked");
  if (is_true(connection, "anonymous") && (has("access_key_id") || has("profile")))
    reading.wrong(connection.where, fmt::format("anonymous, and with credentials: connection \"{}\"", name),
                  "leave either out");
  return reading.errors().size() == before;
}

void read_s3_source(Node& from, const Project& project, const std::vector<std::string>& paths, RemoteOptions& out,
                    Reading& reading) {
  const bool of_s3 = !paths.empty() && paths.front().starts_with(kScheme);
  const Node* manifest = value_of(from, "manifest");
  const Node* connection = value_of(from, "connection");
  if (!of_s3) {
    for (const auto& [value, name] : {std::pair(manifest, "manifest"), std::pair(connection, "connection")}) {
      if (value != nullptr && !paths.empty())
        reading.wrong(value->where, fmt::format("no effect here: \"{}\"", name),
                      "it is for paths that begin with s3://");
    }
    return;
  }
  if (manifest != nullptr && !manifest->text.starts_with(kScheme))
    reading.wrong(manifest->where, fmt::format("not an object of S3: \"{}\"", manifest->shown()),
                  "write s3://BUCKET/KEY");
  if (manifest != nullptr) out.manifest = manifest->text;
  out.s3 = std::make_shared<const S3Options>(connection == nullptr ? S3Options{}
                                                                   : find_connection(*connection, project, reading));
}

}  // namespace ingot::spec
