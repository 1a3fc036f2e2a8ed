#pragma once

#include <string>

#include "core/error.h"

namespace ingot {

/// A directory for spilling that only this process uses: made with mode 0700 below a parent, removed at the end. What
/// killed processes left behind is removed, too.
class TempDir {
 public:
  /// `parent`: "" = $TMPDIR, else /tmp. Error resource.
  static Result<TempDir> make(const std::string& parent);

  TempDir(TempDir&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();

  const std::string& path() const { return path_; }

 private:
  explicit TempDir(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace ingot
