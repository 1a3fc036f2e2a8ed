#include "source/files/spool.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

#include "source/files/file_error.h"
#include "source/files/unlinked_file.h"

namespace ingot {

namespace {

constexpr size_t kPieceBytes = 256 << 10;

Status copy(int input, const std::string& name, int output, const std::string& temp_dir) {
  const auto piece = std::make_unique_for_overwrite<char[]>(kPieceBytes);
  while (true) {
    const ssize_t count = ::read(input, piece.get(), kPieceBytes);
    if (count == 0) return {};
    if (count < 0) {
      if (errno == EINTR) continue;
      return fail(file_error("cannot read", name, errno));
    }
    INGOT_TRY(write_fully(output, piece.get(), static_cast<size_t>(count), temp_dir));
  }
}

bool reads_again(int input) {
  struct stat status;
  return ::fstat(input, &status) == 0 && S_ISREG(status.st_mode) && ::lseek(input, 0, SEEK_CUR) == 0;
}

}  // namespace

Result<Spool> spool(int input, const std::string& name, const std::string& temp_dir) {
  FileDescriptor descriptor;
  if (reads_again(input)) {
    descriptor = FileDescriptor(::fcntl(input, F_DUPFD_CLOEXEC, 0));
    if (!descriptor) return fail(file_error("cannot read", name, errno));
  } else {
    INGOT_ASSIGN(descriptor, make_unlinked_file(temp_dir));
    INGOT_TRY(copy(input, name, descriptor.get(), temp_dir));
  }
  struct stat status;
  if (::fstat(descriptor.get(), &status) != 0) return fail(file_error("cannot examine", name, errno));
  return Spool{std::make_shared<const FileDescriptor>(std::move(descriptor)), stamp_of(status)};
}

}  // namespace ingot
