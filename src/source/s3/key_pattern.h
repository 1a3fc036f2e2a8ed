#pragma once

#include <string>
#include <string_view>

#include "source/files/glob.h"

namespace ingot {

/// A pattern for keys of a bucket, with the wildcards of file patterns: `*`, `?`, `[…]` within what stands between two
/// slashes, `**` for any number of "folders", at the end for all that lies below. A leading dot must be written out. A
/// pattern that ends with a slash, and the empty one, stand for all below.
class KeyPattern {
 public:
  explicit KeyPattern(std::string_view text);

  /// Has it a wildcard?
  bool wild() const { return wild_; }
  /// What all keys that match begin with: what is to be listed.
  const std::string& prefix() const { return prefix_; }
  /// May keys that match have a slash behind the prefix?
  bool deep() const { return deep_; }
  bool matches(std::string_view key) const;

 private:
  SegmentsPattern segments_;
  std::string prefix_;
  bool wild_ = false;
  bool deep_ = false;
};

}  // namespace ingot
