#include "source/files/folder.h"

#include <fcntl.h>

#include <cerrno>

#include "source/files/file_error.h"

namespace ingot {

Result<std::optional<Folder>> Folder::open(const std::string& path) {
  DIR* folder = ::opendir(path.c_str());
  if (folder != nullptr) return Folder(folder, path);
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  return fail(file_error("cannot open folder", path, errno));
}

Result<FolderEntry> Folder::next() {
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(folder_.get());
    if (entry == nullptr) {
      if (errno != 0) return fail(file_error("cannot read folder", path_, errno));
      return FolderEntry{};
    }
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    return FolderEntry{name, entry->d_type == DT_UNKNOWN ? examine_type(name) : entry->d_type};
  }
}

// For file systems that do not tell with the name.
unsigned char Folder::examine_type(std::string_view name) const {
  struct stat status;
  if (::fstatat(::dirfd(folder_.get()), name.data(), &status, AT_SYMLINK_NOFOLLOW) != 0) return DT_UNKNOWN;
  return static_cast<unsigned char>(IFTODT(status.st_mode));
}

int Folder::examine(std::string_view name, struct stat& status) const {
  return ::fstatat(::dirfd(folder_.get()), name.data(), &status, 0) == 0 ? 0 : errno;
}

Result<struct stat> Folder::examine() const {
  struct stat status;
  if (::fstat(::dirfd(folder_.get()), &status) != 0) return fail(file_error("cannot examine folder", path_, errno));
  return status;
}

}  // namespace ingot
