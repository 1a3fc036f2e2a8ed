#include "source/files/file_source.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <unordered_set>

#include "core/names.h"
#include "source/files/file_error.h"
#include "source/files/folder.h"
#include "source/files/glob_walk.h"

namespace ingot {

namespace {

constexpr std::string_view kStdin = "-";

std::string with_slash(std::string folder) {
  if (!folder.empty() && !folder.ends_with('/')) folder += '/';
  return folder;
}

// Appends the units whose names are new.
void append(std::vector<Unit>& units, std::vector<Unit> more, std::unordered_set<std::string>& names) {
  for (Unit& unit : more) {
    if (names.insert(unit.name).second) units.push_back(std::move(unit));
  }
}

// Returns what is most like `name` in a folder, or nothing.
std::string nearest_in(const std::string& folder_path, const std::string& name) {
  constexpr size_t kMaxNames = 10'000;  // a hint is not worth more
  std::vector<std::string> names;
  auto folder = Folder::open(folder_path.empty() ? "." : folder_path);
  while (folder && *folder && names.size() < kMaxNames) {
    const auto entry = (*folder)->next();
    if (!entry || entry->name.empty()) break;
    names.emplace_back(entry->name);
  }
  std::ranges::sort(names);
  return nearest_name(name, names);
}

}  // namespace

std::unique_ptr<Source> make_file_source(std::vector<std::string> patterns, std::string base_dir, std::string temp_dir,
                                         Expansion expansion) {
  return std::make_unique<FileSource>(std::move(patterns), std::move(base_dir), std::move(temp_dir), expansion);
}

FileSource::FileSource(std::vector<std::string> patterns, std::string base_dir, std::string temp_dir,
                       Expansion expansion, FileReader::Content content)
    : patterns_(std::move(patterns)),
      base_(with_slash(std::move(base_dir))),
      temp_dir_(std::move(temp_dir)),
      expansion_(expansion),
      content_(content),
      archives_(pool_, expansion, temp_dir_) {}

Result<std::vector<Unit>> FileSource::list() {
  if (patterns_.size() == 1) return expand(patterns_.front());
  std::vector<Unit> units;
  std::unordered_set<std::string> names;
  for (const std::string& text : patterns_) {
    INGOT_ASSIGN(auto more, expand(text));
    append(units, std::move(more), names);
  }
  return units;
}

// A path that exists as it stands is never taken for one into an archive.
Result<std::vector<Unit>> FileSource::expand(const std::string& text) {
  ArchivePath path = parse_archive_path(text);
  if (!path.member && !path.archive.empty()) return archives_.expand(expand_files(text), std::nullopt);
  if (text.empty() || exists(text)) return expand_files(text);
  return archives_.expand(expand_files(path.archive), path.member);
}

bool FileSource::exists(const std::string& text) const {
  struct stat status;
  return ::stat(path_of(parse_pattern(text)).c_str(), &status) == 0;
}

Result<std::vector<Unit>> FileSource::expand_files(const std::string& text) {
  if (text.empty()) return fail(Code::invalid_pipeline, "empty path");
  if (text == kStdin) {
    INGOT_ASSIGN(Unit unit, spool_input(STDIN_FILENO, std::string(kStdin)));
    return std::vector<Unit>{std::move(unit)};
  }
  const PathPattern pattern = parse_pattern(text);
  const std::string path = path_of(pattern);
  struct stat status;
  if (::stat(path.c_str(), &status) == 0) return expand_path(pattern, path, status);
  const bool absent = errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG;
  if (!absent) return fail(file_error("cannot examine file", path, errno));
  if (pattern.wild) return walk(pattern);
  return fail(missing(pattern, path));
}

Result<std::vector<Unit>> FileSource::expand_path(const PathPattern& pattern, const std::string& path,
                                                  const struct stat& status) {
  if (S_ISDIR(status.st_mode)) return walk_below(pattern);
  if (pattern.only_folder)
    return fail(Code::not_found, fmt::format("not a folder: \"{}\"", path), "leave out the slash");
  if (S_ISFIFO(status.st_mode)) {
    INGOT_ASSIGN(Unit unit, spool_pipe(path));
    unit.name = to_path(pattern);
    return std::vector<Unit>{std::move(unit)};
  }
  if (!S_ISREG(status.st_mode)) return fail(Code::source_unreadable, fmt::format("not a regular file: \"{}\"", path));
  return std::vector<Unit>{{to_path(pattern), path, stamp_of(status)}};
}

Result<std::vector<Unit>> FileSource::walk(PathPattern pattern) const {
  if (pattern.only_folder) pattern.segments.emplace_back("**");
  return GlobWalk(pattern, base_).run(pattern.absolute ? "/" : "");
}

Result<std::vector<Unit>> FileSource::walk_below(const PathPattern& folder) const {
  PathPattern everything = folder;
  everything.segments = {"**"};
  return GlobWalk(everything, base_).run(with_slash(to_path(folder)));
}

std::string FileSource::path_of(const PathPattern& pattern) const {
  const std::string name = to_path(pattern);
  const std::string path = pattern.absolute ? name : base_ + name;
  return path.empty() ? "." : path;
}

Result<Unit> FileSource::spool_pipe(const std::string& path) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = spools_.find(path);
    if (known != spools_.end()) return Unit{path, path, known->second.stamp};
  }
  const FileDescriptor pipe(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!pipe) return fail(file_error("cannot open pipe", path, errno));
  return spool_input(pipe.get(), path);
}

Result<Unit> FileSource::spool_input(int input, const std::string& path) {
  const std::lock_guard lock(mutex_);
  auto known = spools_.find(path);
  if (known == spools_.end()) {
    INGOT_ASSIGN(Spool made, spool(input, path == kStdin ? "standard input" : path, temp_dir_));
    known = spools_.emplace(path, std::move(made)).first;
  }
  return Unit{path, path, known->second.stamp};
}

// The hint looks at the first part of the path that does not exist.
Error FileSource::missing(const PathPattern& pattern, const std::string& path) const {
  Error error{Code::not_found, fmt::format("file not found: \"{}\"", path), {}, std::nullopt};
  PathPattern reached = pattern;
  reached.segments.clear();
  for (const std::string& segment : pattern.segments) {
    const std::string folder = path_of(reached);
    reached.segments.push_back(segment);
    struct stat status;
    if (::stat(path_of(reached).c_str(), &status) == 0) continue;
    const std::string nearest = nearest_in(folder, segment);
    if (nearest.empty()) break;
    reached.segments.back() = nearest;
    error.hint = fmt::format("did you mean \"{}\"?", to_path(reached));
    break;
  }
  return error;
}

Result<std::unique_ptr<ByteReader>> FileSource::open(const Unit& unit) {
  std::shared_ptr<const FileDescriptor> spooled;
  {
    const std::lock_guard lock(mutex_);
    const auto known = spools_.find(unit.path);
    if (known != spools_.end()) spooled = known->second.descriptor;
  }
  if (!spooled && unit.path == kStdin) {
    return fail(Code::source_changed, "standard input of an earlier run cannot be read again");
  }
  INGOT_ASSIGN(auto member, archives_.open(unit));
  if (member) return std::make_unique<FileReader>(std::move(member), pool_, expansion_, content_);
  INGOT_ASSIGN(StoredFile file,
               spooled ? StoredFile::share(spooled, unit.path, unit.stamp) : StoredFile::open(unit.path, unit.stamp));
  return std::make_unique<FileReader>(std::make_unique<StoredFile>(std::move(file)), pool_, expansion_, content_);
}

}  // namespace ingot
