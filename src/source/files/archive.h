#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "source/files/archive_member.h"
#include "source/files/decompression_pool.h"
#include "source/files/stored_file.h"
#include "source/files/stored_input.h"
#include "source/source.h"

namespace ingot {

/// A zip or tar archive: what is in it, and its members' bytes. Thread-safe once it is made.
class Archive {
 public:
  /// Reads what `file` holds; which kind of archive it is its first bytes tell. Errors: source_unreadable (no archive,
  /// or a damaged one), source_changed, resource.
  static Result<std::shared_ptr<Archive>> open(const Unit& file, std::shared_ptr<DecompressionPool> pool,
                                               Expansion expansion, std::string temp_dir);

  const std::vector<ArchiveMember>& members() const { return members_; }
  const Unit& file() const { return file_; }

  /// Returns a member's stored bytes. The archive must be what it was. A compressed tar is decompressed once into an
  /// unlinked temporary file, which stays as long as readers have it or keep() holds it. Errors: source_unreadable
  /// (also: encrypted, compressed in a way that is not read), source_changed, resource.
  Result<std::unique_ptr<StoredInput>> open_member(size_t index);

  /// Lets go of a temporary file.
  void forget();

 private:
  Archive(Unit file, std::shared_ptr<DecompressionPool> pool, Expansion expansion, std::string temp_dir)
      : file_(std::move(file)), pool_(std::move(pool)), expansion_(expansion), temp_dir_(std::move(temp_dir)) {}

  Status read_members();
  Result<std::shared_ptr<const StoredFile>> open_file() const;
  Result<std::shared_ptr<const StoredFile>> decompressed();
  Error with_name(Error error) const;

  const Unit file_;
  const std::shared_ptr<DecompressionPool> pool_;
  const Expansion expansion_;
  const std::string temp_dir_;
  bool zip_ = false;
  bool compressed_ = false;
  std::vector<ArchiveMember> members_;
  std::mutex mutex_;
  std::shared_ptr<const StoredFile> spool_;  // of a compressed tar
};

}  // namespace ingot
