#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "source/files/folder.h"
#include "source/files/glob.h"
#include "source/source.h"

namespace ingot {

/// Finds the files that match one pattern. A set of segments is active in each folder (bit i: segment i is to match
/// the folder's entries), so that every folder is read once however many `**` there are.
class GlobWalk {
 public:
  /// `base` is put before relative names to get paths; it is empty or ends with a slash.
  GlobWalk(const PathPattern& pattern, std::string base) : pattern_(pattern), base_(std::move(base)) {}

  /// Returns the files below the folder `start` ("", "/" or a name that ends with a slash), sorted bytewise by name.
  /// Errors: source_unreadable, invalid_pipeline.
  Result<std::vector<Unit>> run(std::string start);

 private:
  struct Visit {
    std::string name;  // "" or ends with a slash
    uint64_t active = 0;
  };

  Status check() const;
  Status enter_all();
  Status enter(Visit visit, bool by_symlink);
  bool visit_by_literal(const Visit& visit);
  Status read(Folder& folder, const Visit& visit);
  Status take(Folder& folder, const Visit& visit, const FolderEntry& entry);
  Status take_unreadable(const std::string& name, bool matches, bool symlink, int error_number) const;
  Status add(std::string name, const struct stat& status);
  void plan(Visit visit, bool by_symlink);
  uint64_t with_empty_stars(uint64_t active) const;
  bool is_stars(size_t segment) const { return pattern_.segments[segment] == "**"; }
  std::string path_of(const std::string& name) const;

  const PathPattern& pattern_;
  std::string base_;
  std::vector<Visit> pending_;
  std::vector<Visit> pending_symlinks_;  // entered last, so that a folder goes by its own place
  std::map<std::pair<dev_t, ino_t>, uint64_t> entered_;
  std::vector<Unit> found_;
};

}  // namespace ingot
