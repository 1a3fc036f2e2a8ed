#include "transcript/stored_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "source/files/file_error.h"
#include "source/files/stored_file.h"
#include "source/files/unlinked_file.h"

namespace ingot {

namespace {

constexpr size_t kCopiedBytes = 256 << 10;

// The file itself, if it is what was listed; else none.
FileDescriptor open_itself(const Unit& unit) {
  FileDescriptor opened(::open(unit.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status;
  if (!opened || ::fstat(opened.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const Stamp now = stamp_of(status);
  const bool same = unit.stamp.inode == 0 || (now.inode == unit.stamp.inode && now.mtime_ns == unit.stamp.mtime_ns &&
                                              now.size == unit.stamp.size);
  return same ? std::move(opened) : FileDescriptor();
}

}  // namespace

Result<StoredCopy> StoredCopy::make(Source& files, const Unit& unit, const std::string& temp_dir) {
  StoredCopy copy;
  INGOT_ASSIGN(copy.reader_, files.open(unit));
  INGOT_ASSIGN(const bool plain, copy.reader_->plain());
  if (plain) copy.descriptor_ = open_itself(unit);
  const bool itself = static_cast<bool>(copy.descriptor_);
  if (!itself) {
    INGOT_ASSIGN(copy.descriptor_, make_unlinked_file(temp_dir));
  }
  const auto piece = std::make_unique_for_overwrite<char[]>(kCopiedBytes);
  while (true) {
    INGOT_ASSIGN(const size_t count, copy.reader_->read(piece.get(), kCopiedBytes));
    if (count == 0) break;
    copy.size_ += count;
    if (!itself) INGOT_TRY(write_fully(copy.descriptor_.get(), piece.get(), count, temp_dir));
  }
  copy.hash_ = copy.reader_->content_hash();
  return copy;
}

std::string StoredCopy::path() const { return fmt::format("/proc/self/fd/{}", descriptor_.get()); }

Status StoredCopy::read_at(char* out, size_t size, uint64_t offset) const {
  while (size > 0) {
    const ssize_t got = ::pread(descriptor_.get(), out, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(file_error("cannot read", path(), errno));
    if (got == 0) return fail(Code::source_unreadable, "it is truncated");
    out += got;
    size -= static_cast<size_t>(got);
    offset += static_cast<uint64_t>(got);
  }
  return {};
}

}  // namespace ingot
