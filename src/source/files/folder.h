#pragma once

#include <dirent.h>
#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.h"

namespace ingot {

/// An entry of a folder. `name` lives until the next call of next().
struct FolderEntry {
  std::string_view name;
  unsigned char type = DT_UNKNOWN;  ///< DT_…, symlinks not followed
};

/// Reads a folder's entries, `.` and `..` excepted, in no order.
class Folder {
 public:
  /// Returns nothing if there is no such folder. Errors: source_unreadable, resource.
  static Result<std::optional<Folder>> open(const std::string& path);

  /// Returns the next entry, an empty name at the end. Errors: source_unreadable.
  Result<FolderEntry> next();

  /// Examines an entry, following symlinks. Returns 0 or an errno. `name` must end with a NUL.
  int examine(std::string_view name, struct stat& status) const;

  /// Examines the folder itself.
  Result<struct stat> examine() const;

 private:
  struct Close {
    void operator()(DIR* folder) const { ::closedir(folder); }
  };
  Folder(DIR* folder, std::string path) : folder_(folder), path_(std::move(path)) {}

  unsigned char examine_type(std::string_view name) const;

  std::unique_ptr<DIR, Close> folder_;
  std::string path_;
};

}  // namespace ingot
