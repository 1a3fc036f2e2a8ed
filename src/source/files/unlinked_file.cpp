#include "source/files/unlinked_file.h"

#include <fcntl.h>
#include <stdlib.h>

#include <cerrno>

#include "source/files/file_error.h"

namespace ingot {

namespace {

constexpr mode_t kOwnerOnly = 0600;

}  // namespace

Result<FileDescriptor> make_unlinked_file(const std::string& temp_dir) {
  const std::string folder = temp_dir.empty() ? "." : temp_dir;
  int number = ::open(folder.c_str(), O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, kOwnerOnly);
  if (number < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    std::string path = folder + "/.ingot-spool-XXXXXX";
    number = ::mkostemp(path.data(), O_CLOEXEC);
    if (number >= 0) ::unlink(path.c_str());
  }
  if (number < 0) {
    Error error = file_error("cannot create a temporary file in", folder, errno);
    error.code = Code::resource;
    return fail(std::move(error));
  }
  return FileDescriptor(number);
}

Status write_fully(int output, const char* data, size_t size, const std::string& temp_dir) {
  while (size > 0) {
    const ssize_t count = ::write(output, data, size);
    if (count < 0) {
      if (errno == EINTR) continue;
      return fail(file_error("cannot write a temporary file in", temp_dir, errno));
    }
    data += count;
    size -= static_cast<size_t>(count);
  }
  return {};
}

}  // namespace ingot
