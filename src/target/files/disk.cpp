#include "target/files/disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace ingot {

namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> disk_error(const char* what, const fs::path& path, std::error_code error) {
  const bool full = error == std::errc::no_space_on_device || error.value() == EDQUOT;
  return fail(full ? Code::resource : Code::target_refused,
              fmt::format("cannot {} {}: {}", what, path.string(), error.message()));
}

std::error_code last_error() { return {errno, std::generic_category()}; }

}  // namespace

Status make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return disk_error("make the folder", folder, error);
  return {};
}

Status sync_path(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return disk_error("open", path, last_error());
  const bool done = ::fsync(file) == 0;
  const std::error_code error = last_error();
  ::close(file);
  if (!done) return disk_error("write", path, error);
  return {};
}

Status rename_file(const fs::path& from, const fs::path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return disk_error("make the file", to, last_error());
  return {};
}

Status remove_file(const fs::path& file) {
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) return disk_error("remove", file, last_error());
  return {};
}

Result<bool> on_one_disk(const fs::path& a, const fs::path& b) {
  struct stat of_a {};
  struct stat of_b {};
  if (::stat(a.c_str(), &of_a) != 0) return disk_error("look at", a, last_error());
  if (::stat(b.c_str(), &of_b) != 0) return disk_error("look at", b, last_error());
  return of_a.st_dev == of_b.st_dev;
}

bool has_files(const fs::path& folder) {
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (!at->is_directory(error)) return true;
  }
  return false;
}

}  // namespace ingot
