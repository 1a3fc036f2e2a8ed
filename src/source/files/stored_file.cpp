#include "source/files/stored_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "source/files/file_error.h"

namespace ingot {

namespace {

// Small enough that the bytes are still in the second-level cache when they are hashed; a system call costs under
// 1 % of the copying of so many bytes.
constexpr size_t kReadBytes = 256 << 10;

// The kernel reads ahead 128 KiB anyway; below that the advice is a wasted call.
constexpr uint64_t kAdviseBytes = 1 << 20;

Error changed(std::string_view when, const std::string& path) {
  return {Code::source_changed, fmt::format("file changed {}: \"{}\"", when, path), "run again when it is complete",
          std::nullopt};
}

bool same_file(const Stamp& a, const Stamp& b) {
  return a.size == b.size && a.mtime_ns == b.mtime_ns && a.inode == b.inode;
}

}  // namespace

Stamp stamp_of(const struct stat& status) {
  constexpr int64_t kNanoseconds = 1'000'000'000;
  return {static_cast<uint64_t>(status.st_size), status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec,
          status.st_ctim.tv_sec * kNanoseconds + status.st_ctim.tv_nsec, static_cast<uint64_t>(status.st_ino)};
}

Result<StoredFile> StoredFile::open(const std::string& path, const Stamp& listed) {
  // O_NONBLOCK: a pipe put in the file's place must not stop us; it means nothing to regular files.
  int number;
  do {
    number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  } while (number < 0 && errno == EINTR);
  if (number < 0) {
    if (errno == ENOENT && listed.inode != 0)
      return fail(Code::source_changed, fmt::format("file is gone: \"{}\"", path));
    return fail(file_error("cannot open file", path, errno));
  }
  StoredFile file(nullptr, FileDescriptor(number), path);
  INGOT_TRY(file.check_opened(listed));
  if (file.opened_.size >= kAdviseBytes) ::posix_fadvise(number, 0, 0, POSIX_FADV_SEQUENTIAL);
  return file;
}

Result<StoredFile> StoredFile::share(std::shared_ptr<const FileDescriptor> descriptor, const std::string& path,
                                     const Stamp& listed) {
  StoredFile file(std::move(descriptor), FileDescriptor(), path);
  INGOT_TRY(file.check_opened(listed));
  return file;
}

Status StoredFile::check_opened(const Stamp& listed) {
  struct stat status;
  if (::fstat(number(), &status) != 0) return fail(file_error("cannot examine file", path_, errno));
  if (!S_ISREG(status.st_mode)) return fail(Code::source_unreadable, fmt::format("not a regular file: \"{}\"", path_));
  opened_ = stamp_of(status);
  if (listed.inode != 0 && !same_file(opened_, listed)) return fail(changed("since it was listed", path_));
  return {};
}

Status StoredFile::check_unchanged() const {
  struct stat status;
  if (::fstat(number(), &status) != 0) return fail(file_error("cannot examine file", path_, errno));
  // With ctime: it betrays a writer that sets the old time of modification again (cp -p, rsync).
  if (stamp_of(status) != opened_) return fail(changed("while it was being read", path_));
  return {};
}

Status StoredFile::check_complete() const {
  INGOT_TRY(check_unchanged());
  if (offset_ != opened_.size) return fail(changed("while it was being read", path_));
  return {};
}

Result<size_t> StoredFile::read_at(char* out, size_t capacity, uint64_t offset) const {
  while (true) {
    const ssize_t count = ::pread(number(), out, capacity, static_cast<off_t>(offset));
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR) return fail(file_error(fmt::format("cannot read file at byte {}", offset), path_, errno));
  }
}

Result<size_t> StoredFile::peek(char* out, size_t capacity) const { return read_at(out, capacity, 0); }

Result<size_t> StoredFile::read(char* out, size_t capacity) {
  size_t filled = 0;
  while (filled < capacity && !at_end_) {
    const size_t wanted = std::min(capacity - filled, kReadBytes);
    INGOT_ASSIGN(const size_t count, read_at(out + filled, wanted, offset_));
    // A short read at the size that was seen is the end, without a call more to hear "0". Elsewhere (network file
    // systems, a growing file) only 0 is.
    at_end_ = count == 0 || (count < wanted && offset_ + count == opened_.size);
    if (at_end_ && offset_ == 0) {
      hasher_.add_whole(out, count);
    } else if (hashing_) {
      hasher_.add(out + filled, count);
    }
    offset_ += count;
    filled += count;
    if (at_end_) INGOT_TRY(check_complete());
  }
  return filled;
}

}  // namespace ingot
