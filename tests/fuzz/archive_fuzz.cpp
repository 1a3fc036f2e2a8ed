// Zip and tar archives: whatever the bytes are, what is listed lies within them, and what can be read is what the
// archive says, by zlib's CRC32; the same in pieces of any size.

#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <memory>
#include <string>

#include "fuzz.h"
#include "pieces.h"
#include "source/files/member_input.h"
#include "source/files/tar_members.h"
#include "source/files/zip_directory.h"

namespace ingot::fuzz {
namespace {

std::shared_ptr<const StoredFile> as_file(std::string_view bytes) {
  const int number = memfd_create("fuzz", MFD_CLOEXEC);
  require(number >= 0 && write(number, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "a file");
  auto file = StoredFile::share(std::make_shared<const FileDescriptor>(FileDescriptor(number)), "fuzz", Stamp{});
  require(file.has_value(), "a file");
  return std::make_shared<const StoredFile>(std::move(*file));
}

void read_members(std::string_view bytes, const std::vector<ArchiveMember>& members, bool zip, size_t piece) {
  const auto file = as_file(bytes);
  const ReadAt read = [&](char* out, size_t size, uint64_t offset) -> Status {
    const auto got = file->read_at(out, size, offset);
    if (!got || *got < size) return fail(Code::source_unreadable, "truncated");
    return {};
  };
  size_t left = 8;
  for (const ArchiveMember& member : members) {
    if (left-- == 0) return;
    require(!member.name.empty(), "a member has a name");
    require(member.kind != ArchiveMember::Kind::file || member.begin <= bytes.size(), "it lies within the archive");
    const auto begin = zip ? find_zip_content(read, member) : Result<uint64_t>(member.begin);
    if (!begin) continue;
    auto input = make_member_input({file, file, *begin, member.name}, member, zip, Expansion{0, 1 << 20});
    if (!input) continue;
    std::string content, buffer(piece, '\0');
    auto got = (*input)->read(buffer.data(), piece);
    for (; got && *got > 0; got = (*input)->read(buffer.data(), piece)) content.append(buffer, 0, *got);
    if (!got) continue;
    require((*input)->at_end() && content.size() == member.size, "as long as the archive says");
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
    require(!zip || crc == member.crc, "the CRC32 that the archive has");
    require(zip || content == bytes.substr(member.begin, member.size), "the bytes of the archive");
  }
}

void run(const uint8_t* data, size_t size) {
  Input input(data, size);
  const bool zip = input.choose(2) == 0;
  const size_t piece = input.choose_size();
  const std::string_view bytes = input.rest();
  matches_member(bytes.substr(0, bytes.size() / 2), bytes.substr(bytes.size() / 2));
  if (zip) {
    const ReadAt read = [&](char* out, size_t count, uint64_t offset) -> Status {
      if (offset > bytes.size() || bytes.size() - offset < count) return fail(Code::source_unreadable, "truncated");
      bytes.copy(out, count, offset);
      return {};
    };
    const auto members = read_zip_directory(read, bytes.size());
    if (members) read_members(bytes, *members, true, piece);
  } else {
    Pieces whole(bytes, bytes.size() + 1), pieces(bytes, piece);
    const auto members = read_tar_members(whole);
    require(members.has_value() == read_tar_members(pieces).has_value(), "the same in pieces");
    if (members) read_members(bytes, *members, false, piece);
  }
}

}  // namespace
}  // namespace ingot::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ingot::fuzz::run(data, size);
  return 0;
}
