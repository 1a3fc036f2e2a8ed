#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "spec/yaml.h"

namespace ingot::spec {

/// The variables of `${…}`: `${env.NAME}`, `${var.NAME}`, `${file:PATH}`; `$${` stands for `${`.
class Variables {
 public:
  Variables() = default;
  /// `vars` are the scalars of ingot.yaml, whose folder is `dir`; they may hold `${…}` themselves.
  Variables(std::map<std::string, Node> vars, std::string dir) : vars_(std::move(vars)), dir_(std::move(dir)) {}

  /// Replaces what `scalar.text` refers to, once: what was brought in is not read again. `scalar.written` then keeps
  /// the text as it stood, which alone may be shown. Relative files are looked up in `dir`. Returns false and appends
  /// to `errors` where something is missing.
  bool apply(Node& scalar, const std::string& dir, std::vector<Error>& errors) const;

 private:
  struct Request;
  bool replace(Request& request, std::string_view text, std::string& out) const;
  bool look_up(Request& request, std::string_view reference, std::string& out) const;

  std::map<std::string, Node> vars_;
  std::string dir_;
};

/// Returns the first `${…}` in an SQL expression, where only values can be bound, or nothing.
std::string_view find_interpolation(std::string_view text);

/// Returns `text` with `$${` read as `${`.
std::string unescape_interpolation(std::string_view text);

}  // namespace ingot::spec
