#include "cli/saved_connection.h"

#include <unistd.h>

#include <cstring>
#include <filesystem>

namespace ingot {

namespace {

namespace fs = std::filesystem;

bool has_password(const std::string& url) {
  if (url.find("password=") != std::string::npos) return true;
  const size_t begin = url.find("://");
  if (begin == std::string::npos) return false;
  const size_t at = url.rfind('@');
  const size_t colon = url.find(':', begin + 3);
  return at != std::string::npos && colon != std::string::npos && colon < at;
}

std::string variable_of(const std::string& url) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const char* equals = std::strchr(*entry, '=');
    if (equals != nullptr && url == equals + 1) return std::string(*entry, static_cast<size_t>(equals - *entry));
  }
  return "";
}

}  // namespace

Result<std::string> saved_connection(const std::string& connection, const std::string& file) {
  if (connection.starts_with("duckdb:") || connection.starts_with("file:")) {
    const std::string scheme = connection.substr(0, connection.find(':') + 1);
    const fs::path database = connection.substr(scheme.size());
    const fs::path folder = fs::absolute(file).parent_path().lexically_normal();
    if (database.is_absolute() || folder == fs::current_path().lexically_normal()) return connection;
    return scheme + fs::absolute(database).lexically_normal().string();
  }
  if (!has_password(connection)) return connection;
  std::string variable = variable_of(connection);
  if (!variable.empty()) return variable;
  return fail(Code::usage, "a password would be written into the pipeline",
              "put the URL into an environment variable (export PGURL=…) and give \"$PGURL\": the pipeline then names "
              "the variable");
}

}  // namespace ingot
