#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "source/files/archive.h"
#include "source/source.h"

namespace ingot {

/// The archives that were listed, and where in them the units lie. Thread-safe.
class ArchiveShelf {
 public:
  ArchiveShelf(std::shared_ptr<DecompressionPool> pool, Expansion expansion, std::string temp_dir)
      : pool_(std::move(pool)), expansion_(expansion), temp_dir_(std::move(temp_dir)) {}

  /// Puts members in the place of archives. `pattern`: those that match it, of every file; without one, of files whose
  /// name says that they are archives, their only member. An archive that cannot be read stays what it is: a unit that
  /// open() fails. Errors: source_unreadable (several members and no pattern, two members of one name, something else
  /// than a file that matches), not_found (a member that was named), source_changed, resource; that of `files`.
  Result<std::vector<Unit>> expand(Result<std::vector<Unit>> files, const std::optional<std::string>& pattern);

  /// Opens a member; null where the unit is none. Errors: as Archive::open() and Archive::open_member().
  Result<std::unique_ptr<StoredInput>> open(const Unit& unit);

 private:
  struct Place {
    std::shared_ptr<Archive> archive;
    size_t index = 0;
    std::optional<Error> error;  ///< why the archive cannot be read
  };

  Status add_members(const Unit& file, const std::optional<std::string>& pattern, std::vector<Unit>& out);
  void add(const std::shared_ptr<Archive>& archive, size_t index, std::vector<Unit>& out);
  void use(const std::shared_ptr<Archive>& archive);

  const std::shared_ptr<DecompressionPool> pool_;
  const Expansion expansion_;
  const std::string temp_dir_;
  std::mutex mutex_;
  std::unordered_map<std::string, Place> places_;  // by path
  std::list<std::shared_ptr<Archive>> used_;       // last; the others let go of their temporary files
};

}  // namespace ingot
