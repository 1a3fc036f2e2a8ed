#include "source/files/glob_walk.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cerrno>

#include "source/files/file_error.h"
#include "source/files/stored_file.h"

namespace ingot {

namespace {

constexpr size_t kMaxSegments = 64;  // one bit each

std::string_view kind_of(const struct stat& status) {
  if (S_ISFIFO(status.st_mode)) return "a pipe";
  if (S_ISSOCK(status.st_mode)) return "a socket";
  return "a device";
}

bool means_absent(int error_number) { return error_number == ENOENT || error_number == ENOTDIR; }

}  // namespace

Result<std::vector<Unit>> GlobWalk::run(std::string start) {
  INGOT_TRY(check());
  plan({std::move(start), 1}, false);
  INGOT_TRY(enter_all());
  std::ranges::sort(found_, {}, &Unit::name);
  // Not std::ranges::unique: clang 14, which builds the fuzzers, cannot compile its subrange.
  const auto same_name = [](const Unit& a, const Unit& b) { return a.name == b.name; };
  found_.erase(std::unique(found_.begin(), found_.end(), same_name), found_.end());
  return std::move(found_);
}

Status GlobWalk::check() const {
  if (pattern_.segments.size() > kMaxSegments) {
    return fail(Code::invalid_pipeline,
                fmt::format("pattern of more than {} folders: \"{}\"", kMaxSegments, to_path(pattern_)));
  }
  return {};
}

Status GlobWalk::enter_all() {
  while (!pending_.empty() || !pending_symlinks_.empty()) {
    const bool by_symlink = pending_.empty();
    if (by_symlink) std::ranges::sort(pending_symlinks_, std::ranges::greater{}, &Visit::name);
    auto& stack = by_symlink ? pending_symlinks_ : pending_;
    Visit visit = std::move(stack.back());
    stack.pop_back();
    INGOT_TRY(enter(std::move(visit), by_symlink));
  }
  return {};
}

void GlobWalk::plan(Visit visit, bool by_symlink) {
  (by_symlink ? pending_symlinks_ : pending_).push_back(std::move(visit));
}

std::string GlobWalk::path_of(const std::string& name) const {
  const std::string path = pattern_.absolute ? name : base_ + name;
  return path.empty() ? "." : path;
}

// `**` also stands for no folder at all.
uint64_t GlobWalk::with_empty_stars(uint64_t active) const {
  for (size_t i = 0; i + 1 < pattern_.segments.size(); ++i) {
    if ((active >> i & 1) != 0 && is_stars(i)) active |= uint64_t{2} << i;
  }
  return active;
}

Status GlobWalk::enter(Visit visit, bool by_symlink) {
  visit.active = with_empty_stars(visit.active);
  if (visit_by_literal(visit)) return {};
  INGOT_ASSIGN(auto folder, Folder::open(path_of(visit.name)));
  if (!folder) return {};
  INGOT_ASSIGN(const struct stat status, folder->examine());
  uint64_t& entered = entered_[{status.st_dev, status.st_ino}];
  if (by_symlink && (visit.active & ~entered) == 0) return {};
  entered |= visit.active;
  return read(*folder, visit);
}

// Goes down without reading the folder, where there is but one name to look for.
bool GlobWalk::visit_by_literal(const Visit& visit) {
  if (std::popcount(visit.active) != 1) return false;
  const auto at = static_cast<size_t>(std::countr_zero(visit.active));
  const std::string& segment = pattern_.segments[at];
  if (has_wildcard(segment) || at + 1 == pattern_.segments.size()) return false;
  plan({visit.name + segment + "/", visit.active << 1}, false);
  return true;
}

Status GlobWalk::read(Folder& folder, const Visit& visit) {
  while (true) {
    INGOT_ASSIGN(const FolderEntry entry, folder.next());
    if (entry.name.empty()) return {};
    INGOT_TRY(take(folder, visit, entry));
  }
}

Status GlobWalk::take(Folder& folder, const Visit& visit, const FolderEntry& entry) {
  const bool hidden = entry.name.starts_with('.');
  bool matches = false;  // as a file
  uint64_t below = 0;    // what is active if it is a folder
  for (uint64_t rest = visit.active; rest != 0; rest &= rest - 1) {
    const auto at = static_cast<size_t>(std::countr_zero(rest));
    const bool last = at + 1 == pattern_.segments.size();
    if (is_stars(at) && !hidden) below |= uint64_t{1} << at;
    if (!matches_segment(pattern_.segments[at], entry.name)) continue;
    if (last) matches = true;
    if (!last && !is_stars(at)) below |= uint64_t{2} << at;
  }
  if (!matches && below == 0) return {};
  if (entry.type == DT_DIR) {
    if (below != 0) plan({fmt::format("{}{}/", visit.name, entry.name), below}, false);
    return {};
  }
  const bool may_be_folder = entry.type == DT_LNK || entry.type == DT_UNKNOWN;
  if (!matches && !may_be_folder) return {};
  std::string name = visit.name + std::string(entry.name);
  struct stat status;
  if (const int number = folder.examine(entry.name, status); number != 0) {
    return take_unreadable(name, matches, entry.type == DT_LNK, number);
  }
  if (!S_ISDIR(status.st_mode)) return matches ? add(std::move(name), status) : Status{};
  if (below != 0) plan({name + "/", below}, true);
  return {};
}

// A file that was removed since the folder was read is not there any more; a symlink to nothing still is.
Status GlobWalk::take_unreadable(const std::string& name, bool matches, bool symlink, int error_number) const {
  if (!symlink && means_absent(error_number)) return {};
  if (!matches && (means_absent(error_number) || error_number == ELOOP)) return {};
  return fail(file_error(symlink ? "cannot follow symlink" : "cannot examine file", path_of(name), error_number));
}

Status GlobWalk::add(std::string name, const struct stat& status) {
  std::string path = path_of(name);
  if (!simdjson::validate_utf8(name)) {  // it is kept in databases
    return fail(Code::source_unreadable, fmt::format("file name is not valid UTF-8: \"{}\"", path), "rename the file");
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(Code::source_unreadable, fmt::format("not a file but {}: \"{}\"", kind_of(status), path),
                "narrow the pattern");
  }
  found_.push_back({std::move(name), std::move(path), stamp_of(status)});
  return {};
}

}  // namespace ingot
