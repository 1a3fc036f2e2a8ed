#pragma once

#include <memory>
#include <string>

#include "source/files/file_descriptor.h"
#include "source/source.h"

namespace ingot {

/// A unit whose bytes can be read at any place, decompressed: the file itself where it is plain, else a copy in an
/// unlinked temporary file.
class StoredCopy {
 public:
  /// Reads all of it once: from then on its hash is known, and its container is known to be whole. Errors:
  /// source_unreadable, source_changed, resource.
  static Result<StoredCopy> make(Source& files, const Unit& unit, const std::string& temp_dir);

  /// What others can open; lives as long as this does.
  std::string path() const;
  uint64_t size() const { return size_; }
  const std::string& hash() const { return hash_; }
  Status check_unchanged() const { return reader_->check_unchanged(); }
  /// Reads just so many bytes. Error source_unreadable: there are fewer.
  Status read_at(char* out, size_t size, uint64_t offset) const;

 private:
  std::unique_ptr<ByteReader> reader_;
  FileDescriptor descriptor_;
  uint64_t size_ = 0;
  std::string hash_;
};

}  // namespace ingot
