#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "core/disk_space.h"
#include "target/duckdb/target.h"

namespace ingot {

namespace {

bool may_write(const std::string& path) { return access(path.c_str(), W_OK) == 0; }

Finding examine_place(const std::string& file, const std::string& folder) {
  const bool exists = std::filesystem::exists(file);
  if (exists && !may_write(file)) {
    return bad(Code::target_refused, fmt::format("no right to write the file {}", file),
               "chmod u+w, or run as its owner");
  }
  // The write-ahead log lies beside the file.
  if (!may_write(folder)) {
    const bool there = std::filesystem::exists(folder);
    return bad(Code::target_refused, (there ? "no right to write into the folder " : "no such folder: ") + folder,
               there ? "DuckDB keeps its write-ahead log there: chmod u+w" : "mkdir -p " + folder);
  }
  return good(exists ? fmt::format("the file can be written: {}", file)
                     : fmt::format("the file will be made: {}", file));
}

}  // namespace

Result<Findings> DuckDbTarget::examine(const std::vector<TableShape>&) {
  const auto parent = std::filesystem::path(file_).parent_path().string();
  const std::string folder = parent.empty() ? "." : parent;
  Findings findings{examine_place(file_, folder)};
  if (const auto free = free_bytes(folder); free && *free < kLittleSpace) {
    findings.push_back(warning(fmt::format("little space is left for the file: {} MiB in {}", *free >> 20, folder),
                               "make room, or let the connection name a file elsewhere"));
  }
  return findings;
}

}  // namespace ingot
