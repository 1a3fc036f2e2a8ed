#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace ingot::spec {

struct Entry;

/// One YAML value with its place. Scalars are kept as text: what they mean is decided by the option that they stand
/// for.
struct Node {
  enum class Kind : uint8_t { null, scalar, sequence, mapping };
  Kind kind = Kind::null;
  std::string text;     ///< scalar: its value; null: its spelling (`null`, `~`, or empty)
  std::string written;  ///< scalar with `${…}` replaced: the text as it stood in the file; else empty
  bool quoted = false;  ///< scalar in quotes, or a block
  bool cut = false;     ///< plain scalar that ended where a comment began
  Place where;
  std::vector<Node> items;
  std::vector<Entry> entries;

  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_mapping() const { return kind == Kind::mapping; }
  /// Returns the text that errors may show: never what an interpolation brought in.
  const std::string& shown() const { return written.empty() ? text : written; }
  /// Finds a mapping's value by key; null where there is none.
  Node* find(std::string_view key);
  const Node* find(std::string_view key) const;
};

/// One key of a mapping, with its own place, and its value.
struct Entry {
  Node key;
  Node value;
};

inline constexpr size_t kMaxYamlBytes = 1 << 20;
inline constexpr int kMaxYamlDepth = 32;
inline constexpr size_t kMaxYamlNodes = 100'000;  ///< after aliases are resolved

/// Parses one YAML document; `file` names it in places. Everything that YAML would do in silence to a pipeline is an
/// error: repeated keys, a second document, tags, merge keys, a comma that cuts `numeric(4,2)` in two.
/// Appends what is wrong to `errors`; returns null where there is nothing to go on with.
Node parse_yaml(std::string_view text, const std::string& file, std::vector<Error>& errors);

}  // namespace ingot::spec
