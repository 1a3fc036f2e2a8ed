#include "spec/interpolate.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "spec/reading.h"
#include "types/exact.h"

namespace ingot::spec {

namespace {

constexpr int kMaxVarDepth = 10;             // a variable that refers to a variable that …
constexpr size_t kMaxFileBytes = 64 * 1024;  // a password, a key, a query; not data

bool read_value_file(const std::filesystem::path& path, std::string& out) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  std::ifstream in(path, std::ios::binary);
  out.resize(kMaxFileBytes + 1);
  in.read(out.data(), static_cast<std::streamsize>(out.size()));
  out.resize(static_cast<size_t>(in.gcount()));
  if (in.bad() || out.size() > kMaxFileBytes) return false;
  // Editors and `echo` end a file with a line break that is no part of the value.
  if (out.ends_with('\n')) out.pop_back();
  if (out.ends_with('\r')) out.pop_back();
  return true;
}

}  // namespace

struct Variables::Request {
  const Place& where;
  std::string dir;
  std::vector<Error>& errors;
  int depth = 0;

  bool refuse(std::string message, std::string hint = {}) {
    errors.push_back(Error{Code::invalid_pipeline, std::move(message), std::move(hint), where});
    return false;
  }
};

bool Variables::apply(Node& scalar, const std::string& dir, std::vector<Error>& errors) const {
  // A value that was replaced already (a default of the project) is not read again.
  if (!scalar.written.empty() || scalar.text.find("${") == std::string::npos) return true;
  Request request{scalar.where, dir, errors};
  std::string out;
  if (!replace(request, scalar.text, out)) return false;
  if (!exact::is_utf8(out) || out.find('\0') != std::string::npos) {
    return request.refuse(fmt::format("not UTF-8 text after interpolation: {}", scalar.text));
  }
  scalar.written = std::move(scalar.text);
  scalar.text = std::move(out);
  return true;
}

bool Variables::replace(Request& request, std::string_view text, std::string& out) const {
  for (size_t at = 0; at < text.size();) {
    const size_t open = text.find("${", at);
    if (open == std::string_view::npos) {
      out += text.substr(at);
      break;
    }
    if (open > at && text[open - 1] == '$') {
      out += text.substr(at, open - 1 - at);
      out += "${";
      at = open + 2;
      continue;
    }
    const size_t close = text.find('}', open);
    if (close == std::string_view::npos) {
      return request.refuse("unclosed ${", "write $${ for a literal ${");
    }
    out += text.substr(at, open - at);
    if (!look_up(request, text.substr(open + 2, close - open - 2), out)) return false;
    at = close + 1;
  }
  return true;
}

bool Variables::look_up(Request& request, std::string_view reference, std::string& out) const {
  if (reference.starts_with("env.")) {
    const std::string name(reference.substr(4));
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return request.refuse(fmt::format("environment variable is not set: \"{}\"", name));
    out += value;
    return true;
  }
  if (reference.starts_with("var.")) {
    const std::string name(reference.substr(4));
    const auto it = vars_.find(name);
    if (it == vars_.end()) {
      std::vector<std::string> names;
      for (const auto& [known, node] : vars_) names.push_back(known);
      return request.refuse(fmt::format("unknown variable: \"{}\"", name),
                            names.empty() ? "variables stand in ingot.yaml under vars" : nearest_hint(name, names));
    }
    if (request.depth == kMaxVarDepth)
      return request.refuse(fmt::format("variables refer to each other: \"{}\"", name));
    Request inner{request.where, dir_, request.errors, request.depth + 1};
    return replace(inner, it->second.text, out);
  }
  if (reference.starts_with("file:")) {
    const std::string path(reference.substr(5));
    std::string content;
    if (path.empty() || !read_value_file(std::filesystem::path(request.dir) / path, content)) {
      return request.refuse(fmt::format("cannot read file of ${{file:…}}: \"{}\"", path),
                            fmt::format("it must be a readable file of at most {} bytes", kMaxFileBytes));
    }
    out += content;
    return true;
  }
  if (reference.starts_with("data_interval_")) {
    return request.refuse(fmt::format("not supported by this version yet: ${{{}}}", reference));
  }
  return request.refuse(fmt::format("unknown interpolation: ${{{}}}", reference),
                        "valid: ${env.NAME}, ${var.NAME}, ${file:PATH}; write $${ for a literal ${");
}

std::string_view find_interpolation(std::string_view text) {
  for (size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
    if (at > 0 && text[at - 1] == '$') continue;
    const size_t close = text.find('}', at);
    return text.substr(at, close == std::string_view::npos ? close : close - at + 1);
  }
  return {};
}

std::string unescape_interpolation(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("$${")) continue;
    out += text[i];
  }
  return out;
}

}  // namespace ingot::spec
