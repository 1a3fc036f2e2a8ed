#include "cli/new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ingot {

namespace {

Error there_already(const std::string& file) {
  return {Code::usage,
          fmt::format("there is such a file already: {}", file),
          fmt::format("name another one; if it is the pipeline of these files, go on with: ingot run {}", file),
          {}};
}

Error cannot_write(const std::string& file, int code) {
  return {Code::resource, fmt::format("cannot write {}: {}", file, std::strerror(code)), {}, {}};
}

}  // namespace

Status check_new_file(const std::string& file) {
  if (::access(file.c_str(), F_OK) == 0) return fail(there_already(file));
  return {};
}

Status write_new_file(const std::string& file, const std::string& text) {
  const std::string half = fmt::format("{}.{}.tmp", file, ::getpid());
  const int out = ::open(half.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (out < 0) return fail(cannot_write(file, errno));
  size_t written = 0;
  int error = 0;
  while (written < text.size() && error == 0) {
    const ssize_t count = ::write(out, text.data() + written, text.size() - written);
    if (count < 0 && errno != EINTR) error = errno;
    if (count > 0) written += static_cast<size_t>(count);
  }
  if (error == 0 && ::fsync(out) != 0) error = errno;
  ::close(out);
  // A link does not replace what is there, as a rename would.
  if (error == 0 && ::link(half.c_str(), file.c_str()) != 0) error = errno;
  ::unlink(half.c_str());
  if (error == EEXIST) return fail(there_already(file));
  return error == 0 ? Status{} : fail(cannot_write(file, error));
}

}  // namespace ingot
