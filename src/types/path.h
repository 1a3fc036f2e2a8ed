#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace ingot {

/// One step of a path into a record: an object's key, or, where `index` >= 0, an array's element.
struct PathStep {
  static constexpr int kEvery = -2;  ///< index of what stands for all elements; no path that is parsed has it

  std::string key;
  int index = -1;

  bool operator==(const PathStep&) const = default;
};

/// A place within a record; empty is the whole record.
using Path = std::vector<PathStep>;

/// Parses the path language: `a.b`, `a[0].b`, segments with other characters in double quotes (`"a.b".c`, `""` for a
/// quote within). Errors: invalid_pipeline.
Result<Path> parse_path(std::string_view text);

/// Returns the text that parse_path reads back.
std::string path_text(const Path& path);

}  // namespace ingot
