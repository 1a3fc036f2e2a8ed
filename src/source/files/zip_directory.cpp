#include "source/files/zip_directory.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

namespace ingot {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kEndRecord = "PK\x05\x06"sv;
constexpr std::string_view kEnd64Record = "PK\x06\x06"sv;
constexpr std::string_view kEnd64Locator = "PK\x06\x07"sv;
constexpr std::string_view kDirectoryEntry = "PK\x01\x02"sv;
constexpr std::string_view kLocalHeader = "PK\x03\x04"sv;

constexpr size_t kEndBytes = 22, kEnd64Bytes = 56, kLocatorBytes = 20, kEntryBytes = 46, kLocalBytes = 30;
constexpr size_t kMaxComment = 0xffff;
constexpr uint32_t kIn64 = 0xffff'ffff;  // the number stands in the zip64 field
constexpr uint16_t kIn64Short = 0xffff;
constexpr uint16_t kEncryptedFlag = 1, kDescriptorFlag = 8;
constexpr uint16_t kZip64Field = 0x0001, kUnicodePathField = 0x7075, kAesField = 0x9901;
constexpr uint16_t kAesMethod = 99;
constexpr size_t kPieceBytesOfDirectory = 256 << 10;

tl::unexpected<Error> broken(std::string what) { return fail(Code::source_unreadable, std::move(what)); }

/// Takes little-endian numbers off a text. Beyond its end they are 0: who takes them has looked at the size.
class Fields {
 public:
  explicit Fields(std::string_view text) : text_(text) {}
  uint64_t take(size_t bytes) {
    uint64_t number = 0;
    for (size_t i = 0; i < bytes && i < text_.size(); ++i)
      number |= uint64_t{static_cast<unsigned char>(text_[i])} << (8 * i);
    text_.remove_prefix(std::min(bytes, text_.size()));
    return number;
  }
  uint16_t take16() { return static_cast<uint16_t>(take(2)); }
  uint32_t take32() { return static_cast<uint32_t>(take(4)); }
  uint64_t take64() { return take(8); }
  std::string_view take_text(size_t bytes) {
    const std::string_view text = text_.substr(0, bytes);
    text_.remove_prefix(text.size());
    return text;
  }
  size_t left() const { return text_.size(); }

 private:
  std::string_view text_;
};

/// Where the directory lies.
struct DirectoryPlace {
  uint64_t begin = 0;
  uint64_t bytes = 0;
  uint64_t entries = 0;
  uint64_t end = 0;  // of the directory: what says so begins there
};

/// Reads pieces of the directory as they are needed.
class DirectoryReader {
 public:
  DirectoryReader(const ReadAt& read, const DirectoryPlace& place) : read_(read), place_(place), at_(place.begin) {}

  /// Returns the next `size` bytes, which stay until the next call.
  Result<std::string_view> take(size_t size) {
    if (buffer_.size() - used_ < size) {
      buffer_.erase(0, used_);
      used_ = 0;
      const uint64_t left = place_.begin + place_.bytes - at_;
      const auto wanted =
          static_cast<size_t>(std::min<uint64_t>(left, std::max(size - buffer_.size(), kPieceBytesOfDirectory)));
      if (buffer_.size() + wanted < size) return broken("its directory ends within an entry");
      const size_t had = buffer_.size();
      buffer_.resize(had + wanted);
      INGOT_TRY(read_(buffer_.data() + had, wanted, at_));
      at_ += wanted;
    }
    const std::string_view taken(buffer_.data() + used_, size);
    used_ += size;
    return taken;
  }
  bool at_end() const { return used_ == buffer_.size() && at_ == place_.begin + place_.bytes; }

 private:
  const ReadAt& read_;
  const DirectoryPlace place_;
  uint64_t at_;
  std::string buffer_;
  size_t used_ = 0;
};

Result<std::string> read_text(const ReadAt& read, size_t size, uint64_t offset) {
  std::string text(size, '\0');
  INGOT_TRY(read(text.data(), size, offset));
  return text;
}

// The end record is the last whose comment reaches just to the file's end.
size_t find_end_record(std::string_view tail) {
  for (size_t at = tail.size() - kEndBytes + 1; at-- > 0;) {
    if (!tail.substr(at).starts_with(kEndRecord)) continue;
    Fields comment(tail.substr(at + kEndBytes - 2));
    if (at + kEndBytes + comment.take16() == tail.size()) return at;
  }
  return std::string_view::npos;
}

Result<DirectoryPlace> read_zip64_end(const ReadAt& read, uint64_t locator_at) {
  INGOT_ASSIGN(const std::string locator, read_text(read, kLocatorBytes, locator_at));
  Fields where(std::string_view(locator).substr(4));
  const uint32_t volume = where.take32();
  const uint64_t at = where.take64();
  if (volume != 0 || where.take32() > 1) return broken("it is one of several volumes");
  if (at > locator_at || locator_at - at < kEnd64Bytes) return broken("its zip64 record is not where it should be");
  INGOT_ASSIGN(const std::string record, read_text(read, kEnd64Bytes, at));
  if (!record.starts_with(kEnd64Record)) return broken("its zip64 record is not where it should be");
  Fields fields(std::string_view(record).substr(4));
  if (fields.take64() != locator_at - at - 12) return broken("its zip64 record is not as long as it says");
  fields.take32();  // versions
  if (fields.take32() != 0 || fields.take32() != 0) return broken("it is one of several volumes");
  DirectoryPlace place;
  const uint64_t here = fields.take64();
  place.entries = fields.take64();
  place.bytes = fields.take64();
  place.begin = fields.take64();
  place.end = at;
  if (here != place.entries) return broken("it is one of several volumes");
  return place;
}

Result<DirectoryPlace> find_directory(const ReadAt& read, uint64_t size) {
  const auto tail_bytes = static_cast<size_t>(std::min<uint64_t>(size, kEndBytes + kMaxComment));
  INGOT_ASSIGN(const std::string tail, read_text(read, tail_bytes, size - tail_bytes));
  const size_t found = tail.size() < kEndBytes ? std::string_view::npos : find_end_record(tail);
  if (found == std::string_view::npos) return broken("it is truncated, or no zip archive: its end record is missing");
  DirectoryPlace place;
  place.end = size - tail_bytes + found;
  Fields fields(std::string_view(tail).substr(found + 4));
  const uint16_t volume = fields.take16(), first_volume = fields.take16(), here = fields.take16();
  place.entries = fields.take16();
  place.bytes = fields.take32();
  place.begin = fields.take32();
  const bool may_be_64 = here == kIn64Short || place.entries == kIn64Short || place.bytes == kIn64 ||
                         place.begin == kIn64 || volume == kIn64Short;
  if (may_be_64 && place.end >= kLocatorBytes) {
    INGOT_ASSIGN(const std::string locator, read_text(read, kLocatorBytes, place.end - kLocatorBytes));
    if (locator.starts_with(kEnd64Locator)) return read_zip64_end(read, place.end - kLocatorBytes);
  }
  if (volume != 0 || first_volume != 0 || here != place.entries) return broken("it is one of several volumes");
  return place;
}

/// Reads the fields that stand behind an entry.
Status read_extra(std::string_view extra, ArchiveMember& member) {
  Fields fields(extra);
  while (fields.left() >= 4) {
    const uint16_t id = fields.take16();
    const uint16_t size = fields.take16();
    if (size > fields.left())
      return broken(fmt::format("the extra fields of a member are damaged: {}", member.written));
    Fields field(fields.take_text(size));
    if (id == kZip64Field) {
      for (uint64_t* number : {&member.size, &member.stored, &member.begin}) {
        if (*number != kIn64) continue;
        if (field.left() < 8) return broken(fmt::format("its zip64 field is too short: {}", member.written));
        *number = field.take64();
      }
    } else if (id == kUnicodePathField && field.left() > 5 && field.take(1) == 1) {
      const uint32_t crc = field.take32();
      const auto* written = reinterpret_cast<const Bytef*>(member.written.data());
      if (crc32(0, written, static_cast<uInt>(member.written.size())) == crc)
        member.name = member_name(field.take_text(field.left()));
    } else if (id == kAesField) {
      member.encrypted = true;
    }
  }
  return {};
}

ArchiveMember::Kind kind_by_attributes(uint16_t made_by, uint32_t attributes) {
  constexpr uint8_t kUnix = 3, kMac = 19;
  constexpr uint32_t kTypeMask = 0170000, kRegular = 0100000, kSymlink = 0120000;
  const auto system = static_cast<uint8_t>(made_by >> 8);
  const uint32_t type = attributes >> 16 & kTypeMask;
  if ((system != kUnix && system != kMac) || type == 0 || type == kRegular) return ArchiveMember::Kind::file;
  return type == kSymlink ? ArchiveMember::Kind::symlink : ArchiveMember::Kind::other;
}

/// Reads an entry; a folder has no name.
Result<ArchiveMember> read_entry(DirectoryReader& directory) {
  INGOT_ASSIGN(const std::string_view fixed, directory.take(kEntryBytes));
  if (!fixed.starts_with(kDirectoryEntry)) return broken("its directory is damaged");
  Fields fields(fixed.substr(4));
  ArchiveMember member;
  const uint16_t made_by = fields.take16();
  fields.take16();  // version needed
  const uint16_t flags = fields.take16();
  member.method = fields.take16();
  fields.take32();  // time and date
  member.crc = fields.take32();
  member.stored = fields.take32();
  member.size = fields.take32();
  const size_t name_bytes = fields.take16(), extra_bytes = fields.take16(), comment_bytes = fields.take16();
  const uint16_t volume = fields.take16();
  fields.take16();  // internal attributes
  const uint32_t attributes = fields.take32();
  member.begin = fields.take32();
  if (volume != 0 && volume != kIn64Short) return broken("it is one of several volumes");
  INGOT_ASSIGN(const std::string_view rest, directory.take(name_bytes + extra_bytes + comment_bytes));
  member.written = std::string(rest.substr(0, name_bytes));
  if (member.written.find('\0') != std::string::npos) return broken("the name of a member has a NUL");
  member.name = member_name(member.written);
  member.kind = kind_by_attributes(made_by, attributes);
  member.encrypted = (flags & kEncryptedFlag) != 0 || member.method == kAesMethod;
  INGOT_TRY(read_extra(rest.substr(name_bytes, extra_bytes), member));
  if (member.written.ends_with('/')) member.name.clear();
  return member;
}

// What overlaps is a bomb, or a trick: several members of the same bytes.
Status check_places(std::vector<ArchiveMember>& members, uint64_t directory) {
  std::vector<ArchiveMember*> order;
  for (ArchiveMember& member : members) order.push_back(&member);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->begin < b->begin; });
  for (size_t i = 0; i < order.size(); ++i) {
    ArchiveMember& member = *order[i];
    const uint64_t end = i + 1 < order.size() ? order[i + 1]->begin : directory;
    member.end = end;
    if (member.begin <= end && end - member.begin >= kLocalBytes + member.written.size() &&
        end - member.begin - kLocalBytes - member.written.size() >= member.stored)
      continue;
    return broken(fmt::format("a member lies over another, or over the directory: {}", member.written));
  }
  return {};
}

}  // namespace

Result<std::vector<ArchiveMember>> read_zip_directory(const ReadAt& read, uint64_t size) {
  INGOT_ASSIGN(const DirectoryPlace place, find_directory(read, size));
  if (place.bytes > place.end || place.begin != place.end - place.bytes)
    return broken(place.begin < place.end ? "bytes stand before it, or within it, that belong to no member"
                                          : "it is truncated: its directory is not where it should be");
  if (place.entries > place.bytes / kEntryBytes) return broken("its directory is too short for its members");
  DirectoryReader directory(read, place);
  std::vector<ArchiveMember> members;
  for (uint64_t i = 0; i < place.entries; ++i) {
    INGOT_ASSIGN(ArchiveMember member, read_entry(directory));
    members.push_back(std::move(member));
  }
  if (!directory.at_end()) return broken("its directory has more than the members that it counts");
  INGOT_TRY(check_places(members, place.begin));
  if (!members.empty()) {
    const auto first = std::min_element(members.begin(), members.end(),
                                        [](const auto& a, const auto& b) { return a.begin < b.begin; });
    if (first->begin != 0) return broken("bytes stand before its first member");
  }
  std::erase_if(members, [](const ArchiveMember& member) { return member.name.empty(); });
  return members;
}

Result<uint64_t> find_zip_content(const ReadAt& read, const ArchiveMember& member) {
  INGOT_ASSIGN(const std::string header, read_text(read, kLocalBytes, member.begin));
  Fields fields(std::string_view(header).substr(4));
  fields.take16();  // version needed
  const uint16_t flags = fields.take16(), method = fields.take16();
  fields.take32();  // time and date
  const uint32_t crc = fields.take32(), stored = fields.take32(), size = fields.take32();
  const size_t name_bytes = fields.take16(), extra_bytes = fields.take16();
  const bool sized = (flags & kDescriptorFlag) == 0;
  const auto same = [](uint32_t here, uint64_t there) { return here == kIn64 || here == there; };
  bool agrees = header.starts_with(kLocalHeader) && method == member.method && name_bytes == member.written.size();
  agrees = agrees && (!sized || (crc == member.crc && same(stored, member.stored) && same(size, member.size)));
  if (agrees) {
    INGOT_ASSIGN(const std::string name, read_text(read, name_bytes, member.begin + kLocalBytes));
    agrees = name == member.written;
  }
  if (!agrees) return broken(fmt::format("its directory and the member itself disagree: {}", member.written));
  const uint64_t begin = member.begin + kLocalBytes + name_bytes + extra_bytes;
  if (begin > member.end || member.end - begin < member.stored)
    return broken(fmt::format("a member lies over another, or over the directory: {}", member.written));
  return begin;
}

}  // namespace ingot
