#include "spec/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <filesystem>

#include "core/names.h"
#include "spec/s3_source.h"

namespace ingot::spec {

namespace {

const std::string kDuckDbScheme = "duckdb:";
const std::string kFilesScheme = "file:";
const std::vector<std::string> kSchemes = {"duckdb", "postgresql", "postgres", "file"};
const std::vector<std::string> kLaterSchemes = {"redshift", "dynamodb", "s3", "sqs", "mysql", "md"};

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Result<Connection> parse_duckdb(const std::string& url, const std::string& dir) {
  std::string file = url.substr(kDuckDbScheme.size());
  if (file.starts_with("///")) file.erase(0, 2);
  if (file.empty() || file.starts_with("//")) {
    return fail(Code::invalid_pipeline, "no file in the connection: duckdb:", "write duckdb:FILE");
  }
  if (file == ":memory:") {
    return fail(Code::invalid_pipeline, "a database in memory keeps nothing: duckdb::memory:", "write duckdb:FILE");
  }
  if (file.starts_with("md:")) {
    return fail(Code::invalid_pipeline, "not supported by this version yet: duckdb:md:", "write duckdb:FILE");
  }
  Connection out;
  out.kind = Connection::Kind::duckdb;
  out.label = kDuckDbScheme + file;
  out.url = Secret(kDuckDbScheme + (std::filesystem::path(dir) / file).lexically_normal().string());
  return out;
}

Result<Connection> parse_folder(const std::string& url, const std::string& dir) {
  std::string folder = url.substr(kFilesScheme.size());
  if (folder.starts_with("///")) folder.erase(0, 2);
  if (folder.empty() || folder.starts_with("//")) {
    return fail(Code::invalid_pipeline, "no folder of this machine in the connection: file:", "write file:FOLDER");
  }
  Connection out;
  out.kind = Connection::Kind::files;
  out.label = kFilesScheme + folder;
  std::filesystem::path path = (std::filesystem::path(dir) / folder).lexically_normal();
  if (!path.has_filename() && path.has_relative_path()) path = path.parent_path();  // `out/` is `out`
  out.url = Secret(kFilesScheme + path.string());
  return out;
}

bool is_host_list(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view(".-_:,[]%").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

/// After the last colon that is not within an IPv6 address, a host has a port: digits. Else it may be a password.
bool has_only_ports(std::string_view hosts) {
  while (!hosts.empty()) {
    const size_t end = std::min(hosts.find(','), hosts.size());
    std::string_view host = hosts.substr(0, end);
    hosts.remove_prefix(std::min(end + 1, hosts.size()));
    if (const size_t bracket = host.rfind(']'); bracket != std::string_view::npos) host.remove_prefix(bracket + 1);
    const size_t colon = host.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view port = host.substr(colon + 1);
    if (!std::all_of(port.begin(), port.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) return false;
  }
  return true;
}

/// Looks one name up in ingot.yaml and in the environment.
class Lookup {
 public:
  Lookup(const Node& node, const Project& project, Reading& reading)
      : node_(node), project_(project), reading_(reading) {}

  Connection by_url(const Node& url_node) {
    return parsed(url_node.text, reading_.folder_of(url_node), url_node.shown(), !url_node.written.empty(),
                  url_node.where);
  }

  Connection by_name() {
    const std::string& name = node_.text;
    if (const auto it = project_.connections.find(name); it != project_.connections.end()) {
      if (is_s3_connection(it->second)) {
        reading_.wrong(node_.where,
                       fmt::format("a connection of type s3 is read from, not loaded into: \"{}\"", node_.shown()),
                       "name it in from.connection");
        return {};
      }
      Node url = *it->second.find("url");
      if (url.kind == Node::Kind::null || !reading_.interpolate(url)) return {};
      Connection connection = by_url(url);
      connection.name = node_.shown();
      return connection;
    }
    const char* value = std::getenv(name.c_str());
    if (!name.empty() && value != nullptr && *value != '\0') {
      Connection connection = parsed(value, reading_.folder_of(node_), "$" + node_.shown(), true, node_.where);
      connection.name = node_.shown();
      return connection;
    }
    refuse();
    return {};
  }

 private:
  Connection parsed(const std::string& url, const std::string& dir, const std::string& shown, bool hidden,
                    const Place& where) {
    auto connection = parse_connection(url, dir);
    if (!connection) {
      Error error = connection.error();
      if (hidden) error.message = fmt::format("not a usable connection URL: {}", shown);
      reading_.wrong(where, std::move(error));
      return {};
    }
    connection->name = hidden ? shown : connection->label;
    return *connection;
  }

  void refuse() {
    const std::string& shown = node_.shown();
    if (shown.find('=') != std::string::npos) {  // libpq's `host=… password=…`: not to be shown
      reading_.wrong(node_.where, "not a connection URL", "write postgresql://user@host/database");
      return;
    }
    std::vector<std::string> names;
    for (const auto& [name, node] : project_.connections) names.push_back(name);
    std::string hint = names.empty() ? "" : nearest_hint(shown, names);
    if (hint.empty())
      hint =
          "give duckdb:FILE, postgresql://…, file:FOLDER, a connection of ingot.yaml, or the name of an environment "
          "variable that "
          "holds a URL";
    if (shown.find_first_of("./") != std::string::npos) hint = fmt::format("for a DuckDB file write duckdb:{}", shown);
    reading_.wrong(node_.where, fmt::format("unknown connection: \"{}\"", shown), std::move(hint));
  }

  const Node& node_;
  const Project& project_;
  Reading& reading_;
};

}  // namespace

std::string duckdb_file(const Connection& connection) {
  return connection.kind == Connection::Kind::duckdb ? connection.url.reveal().substr(kDuckDbScheme.size()) : "";
}

std::string files_folder(const Connection& connection) {
  return connection.kind == Connection::Kind::files ? connection.url.reveal().substr(kFilesScheme.size()) : "";
}

std::string ledger_file(const Connection& connection) {
  if (connection.kind != Connection::Kind::files) return duckdb_file(connection);
  return files_folder(connection) + "/_ingot/ledger.duckdb";
}

std::string postgres_label(const std::string& url) {
  const size_t slashes = url.find("://");
  const std::string scheme = url.substr(0, slashes + 3);
  const std::string hidden = scheme + "…";
  std::string_view rest = std::string_view(url).substr(slashes + 3);
  const size_t query = rest.find_first_of("?#");
  if (query != std::string_view::npos && rest.find('@', query) != std::string_view::npos && rest.find('@') > query) {
    return hidden;  // a ? within the password, perhaps
  }
  rest = rest.substr(0, query);
  const size_t at = rest.rfind('@');
  std::string user;
  if (at != std::string_view::npos) {
    const std::string_view info = rest.substr(0, at);
    user = std::string(info.substr(0, info.find(':'))) + "@";
    rest.remove_prefix(at + 1);
  }
  const std::string_view hosts = rest.substr(0, rest.find('/'));
  if (user.find_first_of("/@") != user.find('@') || !is_host_list(hosts) || !has_only_ports(hosts)) return hidden;
  return scheme + user + std::string(rest);
}

Result<Connection> parse_connection(const std::string& url, const std::string& dir) {
  const std::string scheme = url.substr(0, url.find(':'));
  if (scheme == "duckdb") return parse_duckdb(url, dir);
  if (scheme == "file") return parse_folder(url, dir);
  if (scheme == "postgres" || scheme == "postgresql") {
    if (!url.substr(scheme.size()).starts_with("://")) {
      return fail(Code::invalid_pipeline, fmt::format("not a connection URL, // is missing: {}:", scheme),
                  "write postgresql://user@host/database");
    }
    Connection out;
    out.kind = Connection::Kind::postgres;
    out.label = postgres_label(url);
    out.url = Secret(url);
    return out;
  }
  if (contains(kLaterSchemes, scheme)) {
    return fail(Code::invalid_pipeline, fmt::format("not supported by this version yet: {}:", scheme),
                fmt::format("valid: {}", join_names(kSchemes)));
  }
  const std::string nearest = nearest_name(scheme, kSchemes);
  return fail(
      Code::invalid_pipeline, fmt::format("unknown kind of connection: \"{}\"", scheme),
      nearest.empty() ? fmt::format("valid: {}", join_names(kSchemes)) : fmt::format("did you mean \"{}\"?", nearest));
}

Connection resolve_connection(const Node* node, const Project& project, Reading& reading) {
  if (node == nullptr) {
    const std::string stem = std::filesystem::path(reading.pipeline_file()).stem().string();
    Connection connection = *parse_connection(kDuckDbScheme + stem + ".duckdb", reading.pipeline_dir());
    connection.name = connection.label;
    return connection;
  }
  Lookup lookup(*node, project, reading);
  return node->text.find(':') != std::string::npos ? lookup.by_url(*node) : lookup.by_name();
}

}  // namespace ingot::spec
