#include "source/files/archive_shelf.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/names.h"
#include "source/files/glob.h"

namespace ingot {

namespace {

constexpr size_t kNamedMembers = 8;  // in a message
constexpr size_t kKeptArchives = 4;  // decompressed at a time: as many as there are likely to be readers

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < kNamedMembers; ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNamedMembers) text += fmt::format(" and {} more", names.size() - kNamedMembers);
  return text;
}

bool is_hidden(std::string_view name) { return name.starts_with('.') || name.find("/.") != std::string_view::npos; }

std::string_view kind_of_member(ArchiveMember::Kind kind) {
  if (kind == ArchiveMember::Kind::symlink) return "a symlink";
  return kind == ArchiveMember::Kind::hard_link ? "a hard link" : "a device";
}

// Bytewise by name.
std::vector<size_t> sorted(const std::vector<ArchiveMember>& members, std::vector<size_t> chosen) {
  std::ranges::sort(chosen, [&](size_t a, size_t b) { return members[a].name < members[b].name; });
  return chosen;
}

Status check_chosen(const Archive& archive, const std::vector<size_t>& chosen) {
  for (size_t i = 0; i < chosen.size(); ++i) {
    const ArchiveMember& member = archive.members()[chosen[i]];
    if (i > 0 && archive.members()[chosen[i - 1]].name == member.name) {
      return fail(Code::source_unreadable,
                  fmt::format("an archive has two members of one name: \"{}\"",
                              name_in_archive(archive.file().path, member.name)),
                  "which of them is meant nobody can say: make the archive anew");
    }
    if (member.kind == ArchiveMember::Kind::file) continue;
    return fail(Code::source_unreadable,
                fmt::format("not a file but {}: \"{}\"", kind_of_member(member.kind),
                            name_in_archive(archive.file().path, member.name)),
                "narrow the pattern");
  }
  return {};
}

Result<std::vector<size_t>> only_member(const Archive& archive) {
  std::vector<size_t> chosen;
  std::vector<std::string> names;
  for (size_t i = 0; i < archive.members().size(); ++i) {
    if (is_hidden(archive.members()[i].name)) continue;
    chosen.push_back(i);
    names.push_back(archive.members()[i].name);
  }
  if (chosen.size() == 1) return chosen;
  const std::string& path = archive.file().path;
  if (chosen.empty()) return fail(Code::source_unreadable, fmt::format("an archive without files: \"{}\"", path));
  std::ranges::sort(names);
  return fail(Code::source_unreadable,
              fmt::format("an archive of {} files: \"{}\" has {}", chosen.size(), path, list_of(names)),
              fmt::format("say which are meant: from: \"{}\", or \"{}\"",
                          name_in_archive(archive.file().name, names[0]), name_in_archive(archive.file().name, "**")));
}

Result<std::vector<size_t>> matching_members(const Archive& archive, const std::string& pattern) {
  std::vector<size_t> chosen;
  const std::string literal = member_name(pattern);
  for (size_t i = 0; i < archive.members().size(); ++i) {
    // A name as it stands is never taken for a pattern.
    if (archive.members()[i].name == literal && !pattern.ends_with('/')) chosen.push_back(i);
  }
  if (!chosen.empty()) return chosen;
  const bool wild = has_wildcard(pattern);
  std::vector<std::string> names;
  for (size_t i = 0; i < archive.members().size(); ++i) {
    names.push_back(archive.members()[i].name);
    const bool below = !wild && matches_member(literal + "/**", names.back());  // a folder stands for all its files
    if (below || matches_member(pattern, names.back())) chosen.push_back(i);
  }
  if (!chosen.empty() || wild || literal.empty()) return chosen;
  std::ranges::sort(names);
  const std::string nearest = nearest_name(literal, names);
  return fail(Code::not_found, fmt::format("no such member: \"{}\"", name_in_archive(archive.file().path, literal)),
              nearest.empty() ? "it has " + list_of(names)
                              : fmt::format("did you mean \"{}\"?", name_in_archive(archive.file().name, nearest)));
}

}  // namespace

std::string stored_path(const Unit& unit) {
  std::error_code none;
  if (std::filesystem::exists(unit.path, none)) return unit.path;
  return parse_archive_path(unit.path).archive;
}

Result<std::vector<Unit>> ArchiveShelf::expand(Result<std::vector<Unit>> files,
                                               const std::optional<std::string>& pattern) {
  if (!files) return files;
  const auto is_archive = [&](const Unit& unit) { return pattern || is_archive_name(unit.name); };
  if (std::none_of(files->begin(), files->end(), is_archive)) return files;
  std::vector<Unit> out;
  for (Unit& file : *files) {
    if (is_archive(file)) {
      INGOT_TRY(add_members(file, pattern, out));
    } else {
      out.push_back(std::move(file));
    }
  }
  return out;
}

Status ArchiveShelf::add_members(const Unit& file, const std::optional<std::string>& pattern, std::vector<Unit>& out) {
  auto archive = Archive::open(file, pool_, expansion_, temp_dir_);
  if (!archive) {
    if (archive.error().code != Code::source_unreadable) return fail(std::move(archive).error());
    const std::lock_guard lock(mutex_);
    places_[file.path] = {nullptr, 0, archive.error()};
    out.push_back(file);
    return {};
  }
  INGOT_ASSIGN(std::vector<size_t> chosen, pattern ? matching_members(**archive, *pattern) : only_member(**archive));
  chosen = sorted((*archive)->members(), std::move(chosen));
  INGOT_TRY(check_chosen(**archive, chosen));
  for (const size_t index : chosen) add(*archive, index, out);
  return {};
}

void ArchiveShelf::add(const std::shared_ptr<Archive>& archive, size_t index, std::vector<Unit>& out) {
  const Unit& file = archive->file();
  const ArchiveMember& member = archive->members()[index];
  Unit unit{name_in_archive(file.name, member.name), name_in_archive(file.path, member.name), file.stamp};
  unit.stamp.size = member.size;
  const std::lock_guard lock(mutex_);
  places_[unit.path] = {archive, index, std::nullopt};
  out.push_back(std::move(unit));
}

// Only the archives that were used last keep what they were decompressed to.
void ArchiveShelf::use(const std::shared_ptr<Archive>& archive) {
  used_.remove(archive);
  used_.push_front(archive);
  if (used_.size() <= kKeptArchives) return;
  used_.back()->forget();
  used_.pop_back();
}

Result<std::unique_ptr<StoredInput>> ArchiveShelf::open(const Unit& unit) {
  Place place;
  {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(unit.path);
    if (found == places_.end()) {
      std::error_code none;
      if (parse_archive_path(unit.path).member && !std::filesystem::exists(unit.path, none))
        return fail(Code::source_changed, fmt::format("file is not in its archive any more: \"{}\"", unit.path));
      return nullptr;
    }
    place = found->second;
    if (place.archive) use(place.archive);
  }
  if (place.error) return fail(*place.error);
  const Stamp& now = place.archive->file().stamp;
  if (unit.stamp.inode != 0 && (unit.stamp.mtime_ns != now.mtime_ns || unit.stamp.inode != now.inode))
    return fail(Code::source_changed, fmt::format("file changed since it was listed: \"{}\"", unit.path),
                "run again when it is complete");
  return place.archive->open_member(place.index);
}

}  // namespace ingot
