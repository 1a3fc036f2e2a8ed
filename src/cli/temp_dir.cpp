#include "cli/temp_dir.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace ingot {

namespace {

constexpr std::string_view kPrefix = "ingot-spill-";

bool is_alive(long pid) { return ::kill(static_cast<pid_t>(pid), 0) == 0 || errno != ESRCH; }

void sweep(const std::string& parent) {
  std::error_code ignored;  // another process may sweep at the same time
  for (const auto& entry : std::filesystem::directory_iterator(parent, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(kPrefix, 0) != 0) continue;
    struct stat info;
    const bool ours = ::lstat(entry.path().c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid();
    const long pid = std::strtol(name.c_str() + kPrefix.size(), nullptr, 10);
    if (ours && pid > 0 && !is_alive(pid)) std::filesystem::remove_all(entry.path(), ignored);
  }
}

}  // namespace

Result<TempDir> TempDir::make(const std::string& parent) {
  std::string base = parent;
  if (base.empty()) {
    const char* environment = std::getenv("TMPDIR");
    base = environment && *environment ? environment : "/tmp";
  }
  sweep(base);
  std::string path = fmt::format("{}/{}{}-XXXXXX", base, kPrefix, ::getpid());
  if (!::mkdtemp(path.data())) {
    return fail(Code::resource, fmt::format("cannot make a temporary directory in {}: {}", base, std::strerror(errno)),
                "give another one with --temp-dir");
  }
  return TempDir(std::move(path));
}

TempDir::~TempDir() {
  std::error_code ignored;  // the next process sweeps
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace ingot
