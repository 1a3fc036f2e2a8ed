#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>

#include "core/error.h"
#include "source/content_hasher.h"
#include "source/files/file_descriptor.h"
#include "source/files/stored_input.h"
#include "source/source.h"

namespace ingot {

/// Returns what `status` says of a file.
Stamp stamp_of(const struct stat& status);

/// Reads the stored bytes of one regular file from the beginning, hashes them as they pass, and notices when the file
/// is written to meanwhile. Keeps its own offset, so that several may share a descriptor. Not thread-safe.
class StoredFile final : public StoredInput {
 public:
  /// Opens `path`, which must be as it was when `listed` was taken: same size, time of modification and inode (ctime
  /// may differ: a rename or a chmod does not touch the content). A `listed` without inode is not compared.
  /// Errors: source_changed (not the listed file, or gone), source_unreadable (also: not a regular file), resource.
  static Result<StoredFile> open(const std::string& path, const Stamp& listed);

  /// Reads from a descriptor that is shared with others; the same comparison. `path` is for messages.
  static Result<StoredFile> share(std::shared_ptr<const FileDescriptor> descriptor, const std::string& path,
                                  const Stamp& listed);

  /// Fills `out`; less only at the end. Errors: source_unreadable, source_changed (seen at the end).
  Result<size_t> read(char* out, size_t capacity) override;
  Result<size_t> peek(char* out, size_t capacity) const override;
  bool skips() const override { return true; }
  void skip(uint64_t count) override {
    offset_ += count;
    hashing_ = hashing_ && count == 0;
  }
  Status check_unchanged() const override;

  bool at_end() const override { return at_end_; }
  uint64_t offset() const override { return offset_; }
  uint64_t size() const override { return opened_.size; }
  const Stamp& stamp() const { return opened_; }
  const std::string& path() const override { return path_; }
  std::string hash() const override { return hasher_.text(); }

  /// Reads at any place, without moving or hashing; fewer bytes at the file's end. Thread-safe. Errors:
  /// source_unreadable.
  Result<size_t> read_at(char* out, size_t capacity, uint64_t offset) const;

 private:
  StoredFile(std::shared_ptr<const FileDescriptor> shared, FileDescriptor own, std::string path)
      : shared_(std::move(shared)), own_(std::move(own)), path_(std::move(path)) {}

  Status check_opened(const Stamp& listed);
  Status check_complete() const;
  int number() const { return shared_ ? shared_->get() : own_.get(); }
  std::shared_ptr<const FileDescriptor> shared_;
  FileDescriptor own_;
  std::string path_;
  Stamp opened_;
  ContentHasher hasher_;
  bool hashing_ = true;
  uint64_t offset_ = 0;
  bool at_end_ = false;
};

}  // namespace ingot
