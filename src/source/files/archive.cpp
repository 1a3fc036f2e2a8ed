#include "source/files/archive.h"

#include <fmt/format.h>

#include <array>

#include "core/names.h"
#include "source/files/file_error.h"
#include "source/files/file_reader.h"
#include "source/files/magic.h"
#include "source/files/member_input.h"
#include "source/files/tar_members.h"
#include "source/files/unlinked_file.h"
#include "source/files/zip_directory.h"

namespace ingot {

namespace {

constexpr size_t kCopyBytes = 256 << 10;

ReadAt reading_at(const StoredFile& file) {
  return [&file](char* out, size_t size, uint64_t offset) -> Status {
    INGOT_ASSIGN(const size_t got, file.read_at(out, size, offset));
    if (got < size) return fail(Code::source_unreadable, "it is truncated");
    return {};
  };
}

}  // namespace

Result<std::shared_ptr<Archive>> Archive::open(const Unit& file, std::shared_ptr<DecompressionPool> pool,
                                               Expansion expansion, std::string temp_dir) {
  const std::shared_ptr<Archive> archive(new Archive(file, std::move(pool), expansion, std::move(temp_dir)));
  if (Status read = archive->read_members(); !read) return fail(archive->with_name(std::move(read).error()));
  return archive;
}

Error Archive::with_name(Error error) const {
  if (error.code == Code::source_unreadable && error.message.find(file_.path) == std::string::npos)
    error.message = fmt::format("cannot read archive, {}: \"{}\"", error.message, file_.path);
  return error;
}

Result<std::shared_ptr<const StoredFile>> Archive::open_file() const {
  INGOT_ASSIGN(StoredFile file, StoredFile::open(file_.path, file_.stamp));
  return std::make_shared<const StoredFile>(std::move(file));
}

Status Archive::read_members() {
  INGOT_ASSIGN(const auto file, open_file());
  std::array<char, kMagicBytes> head;
  INGOT_ASSIGN(const size_t count, file->peek(head.data(), head.size()));
  zip_ = begins_zip({head.data(), count}) || folded_name(file_.path).ends_with(".zip");
  if (zip_) {
    INGOT_ASSIGN(members_, read_zip_directory(reading_at(*file), file->size()));
    return file->check_unchanged();
  }
  INGOT_ASSIGN(StoredFile again, StoredFile::open(file_.path, file_.stamp));
  FileReader reader(std::make_unique<StoredFile>(std::move(again)), pool_, expansion_, FileReader::Content::archive);
  INGOT_ASSIGN(const bool plain, reader.plain());
  compressed_ = !plain;
  INGOT_ASSIGN(members_, read_tar_members(reader));
  return file->check_unchanged();
}

Result<std::shared_ptr<const StoredFile>> Archive::decompressed() {
  const std::lock_guard lock(mutex_);
  if (spool_) return spool_;
  INGOT_ASSIGN(StoredFile file, StoredFile::open(file_.path, file_.stamp));
  FileReader reader(std::make_unique<StoredFile>(std::move(file)), pool_, expansion_, FileReader::Content::archive);
  INGOT_ASSIGN(FileDescriptor made, make_unlinked_file(temp_dir_));
  const auto piece = std::make_unique_for_overwrite<char[]>(kCopyBytes);
  while (true) {
    INGOT_ASSIGN(const size_t count, reader.read(piece.get(), kCopyBytes));
    if (count == 0) break;
    INGOT_TRY(write_fully(made.get(), piece.get(), count, temp_dir_));
  }
  INGOT_ASSIGN(StoredFile spooled,
               StoredFile::share(std::make_shared<const FileDescriptor>(std::move(made)), file_.path, Stamp{}));
  spool_ = std::make_shared<const StoredFile>(std::move(spooled));
  return spool_;
}

void Archive::forget() {
  const std::lock_guard lock(mutex_);
  spool_.reset();
}

Result<std::unique_ptr<StoredInput>> Archive::open_member(size_t index) {
  const ArchiveMember& member = members_[index];
  const std::string path = name_in_archive(file_.path, member.name);
  if (member.encrypted) {
    return fail(Code::source_unreadable, fmt::format("file is encrypted: \"{}\"", path),
                "extract it, or make the archive anew without a password");
  }
  INGOT_ASSIGN(auto archive, open_file());
  uint64_t begin = member.begin;
  if (zip_) {
    auto found = find_zip_content(reading_at(*archive), member);
    if (!found) return fail(with_name(found.error()));
    begin = *found;
  }
  auto bytes = archive;
  if (compressed_) {
    INGOT_ASSIGN(bytes, decompressed());
  }
  return make_member_input({std::move(archive), std::move(bytes), begin, path}, member, zip_, expansion_);
}

}  // namespace ingot
