#include "source/files/tar_members.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace ingot {

namespace {

constexpr size_t kTarBlock = 512;
constexpr uint64_t kMaxHeaderText = 1 << 20;  // of pax records
constexpr uint64_t kMaxTarName = 64 << 10;

using TarBlock = std::array<char, kTarBlock>;

tl::unexpected<Error> broken_tar(std::string what) { return fail(Code::source_unreadable, std::move(what)); }

/// A field of a header: up to its first NUL.
std::string_view tar_text(const TarBlock& block, size_t at, size_t size) {
  const std::string_view field(block.data() + at, size);
  return field.substr(0, field.find('\0'));
}

/// Octal digits with spaces or NULs around them; or, where the first bit is set, a big-endian number.
std::optional<uint64_t> tar_number(const TarBlock& block, size_t at, size_t size) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(block[at + i]); };
  uint64_t number = 0;
  if ((byte(0) & 0x80) != 0) {
    if ((byte(0) & 0x7f) != 0) return std::nullopt;  // negative, or larger than anything
    for (size_t i = 1; i < size; ++i) {
      if (number >> 55 != 0) return std::nullopt;
      number = number << 8 | byte(i);
    }
    return number;
  }
  std::string_view digits(block.data() + at, size);
  digits = digits.substr(0, digits.find('\0'));
  while (digits.starts_with(' ')) digits.remove_prefix(1);
  while (digits.ends_with(' ')) digits.remove_suffix(1);
  for (const char c : digits) {
    if (c < '0' || c > '7') return std::nullopt;
    number = number * 8 + static_cast<uint64_t>(c - '0');
  }
  return number;
}

// Old writers summed signed bytes.
bool has_checksum(const TarBlock& block) {
  constexpr size_t kAt = 148, kSize = 8;
  int64_t positive = 0, negative = 0;
  for (size_t i = 0; i < kTarBlock; ++i) {
    const char c = i >= kAt && i < kAt + kSize ? ' ' : block[i];
    positive += static_cast<unsigned char>(c);
    negative += static_cast<signed char>(c);
  }
  const auto said = tar_number(block, kAt, kSize);
  return said && (static_cast<int64_t>(*said) == positive || static_cast<int64_t>(*said) == negative);
}

bool is_zero(const TarBlock& block) {
  return std::all_of(block.begin(), block.end(), [](char c) { return c == 0; });
}

class TarReader {
 public:
  explicit TarReader(ByteReader& archive) : archive_(archive) {}

  Result<std::vector<ArchiveMember>> read() {
    while (true) {
      INGOT_ASSIGN(const bool whole, read_block());
      if (!whole) return broken_tar(at_ == 0 ? "it is empty" : "it is truncated: the block at its end is missing");
      if (is_zero(block_)) break;
      if (!has_checksum(block_)) {
        return broken_tar(at_ == kTarBlock ? "it is no tar archive"
                                           : fmt::format("a header's checksum is wrong, at byte {}", at_ - kTarBlock));
      }
      INGOT_TRY(take_header());
    }
    INGOT_TRY(read_end());
    return std::move(members_);
  }

 private:
  // Returns false where nothing is left.
  Result<bool> read_block() {
    size_t filled = 0;
    while (filled < kTarBlock) {
      INGOT_ASSIGN(const size_t got, archive_.read(block_.data() + filled, kTarBlock - filled));
      if (got == 0) break;
      filled += got;
    }
    at_ += filled;
    if (filled > 0 && filled < kTarBlock) return broken_tar("it is truncated within a block");
    return filled > 0;
  }

  Status pass_over(uint64_t bytes) {
    const uint64_t padded = (bytes + kTarBlock - 1) / kTarBlock * kTarBlock;
    if (padded < bytes) return broken_tar("a member's size is impossible");
    INGOT_ASSIGN(const uint64_t skipped, archive_.skip(padded));
    at_ += skipped;
    if (skipped != padded) return broken_tar("it is truncated within a member");
    return {};
  }

  // Reads what belongs to a header: a long name, pax records.
  Result<std::string> read_body(uint64_t size) {
    if (size > kMaxHeaderText) return broken_tar("a header is too long");
    std::string text;
    while (text.size() < size) {
      INGOT_ASSIGN(const bool whole, read_block());
      if (!whole) return broken_tar("it is truncated within a header");
      text.append(block_.data(), std::min<uint64_t>(kTarBlock, size - text.size()));
    }
    return text;
  }

  Status take_header() {
    const auto size = tar_number(block_, 124, 12);
    if (!size) return broken_tar(fmt::format("a member's size is no number, at byte {}", at_ - kTarBlock));
    switch (const char type = block_[156]) {
      case 'x':
      case 'g': {
        INGOT_ASSIGN(const std::string records, read_body(*size));
        return take_pax(records, type == 'g');
      }
      case 'L': {
        INGOT_ASSIGN(std::string name, read_body(*size));
        next_.name = name.substr(0, name.find('\0'));
        return {};
      }
      case 'K':
        return read_body(*size).map([](const auto&) {});
      default:
        return take_member(type, *size);
    }
  }

  Status take_member(char type, uint64_t size) {
    const Pax pax = std::exchange(next_, {});
    if (pax.size) size = *pax.size;
    ArchiveMember member;
    member.written = pax.name ? *pax.name : header_name();
    if (member.written.size() > kMaxTarName) return broken_tar("the name of a member is longer than 64 KiB");
    if (member.written.find('\0') != std::string::npos) return broken_tar("the name of a member has a NUL");
    member.name = member_name(member.written);
    member.kind = kind_of_type(type);
    member.size = member.stored = size;
    member.begin = at_;
    member.sparse = pax.sparse || type == 'S';
    if (type == 'S' || type == 'M')
      return broken_tar(fmt::format("a member is {}, which is not supported: {}",
                                    type == 'S' ? "sparse" : "continued from another volume", member.name));
    const bool has_content =
        member.kind != ArchiveMember::Kind::symlink && member.kind != ArchiveMember::Kind::hard_link;
    // A folder, a device: some writers give them a size, but no content.
    const bool folder = type == '5' || (is_file_type(type) && member.written.ends_with('/'));
    const bool stored = has_content && (is_file_type(type) || type == 'D' || type == 'V' || type > '7');
    if (!folder && type != 'D' && type != 'V' && !member.name.empty()) members_.push_back(std::move(member));
    return stored ? pass_over(size) : Status{};
  }

  static bool is_file_type(char type) { return type == '0' || type == '\0' || type == '7'; }

  static ArchiveMember::Kind kind_of_type(char type) {
    if (is_file_type(type)) return ArchiveMember::Kind::file;
    if (type == '1') return ArchiveMember::Kind::hard_link;
    if (type == '2') return ArchiveMember::Kind::symlink;
    return ArchiveMember::Kind::other;
  }

  std::string header_name() const {
    const std::string name(tar_text(block_, 0, 100));
    const bool posix = std::string_view(block_.data() + 257, 6) == std::string_view("ustar\0", 6);
    const std::string_view prefix = posix ? tar_text(block_, 345, 155) : std::string_view();
    return prefix.empty() ? name : fmt::format("{}/{}", prefix, name);
  }

  // Records `LENGTH KEY=VALUE\n`, the length being the whole record's.
  Status take_pax(std::string_view records, bool global) {
    while (!records.empty() && records[0] != '\0') {
      uint64_t length = 0;
      size_t at = 0;
      while (at < records.size() && records[at] >= '0' && records[at] <= '9' && length < kMaxHeaderText * 10)
        length = length * 10 + static_cast<uint64_t>(records[at++] - '0');
      const bool right = at > 0 && at < records.size() && records[at] == ' ' && length > at + 1 &&
                         length <= records.size() && records[length - 1] == '\n';
      const size_t equals = right ? records.find('=', at) : std::string_view::npos;
      if (!right || equals >= length) return broken_tar("its pax records are damaged");
      const std::string_view key = records.substr(at + 1, equals - at - 1);
      INGOT_TRY(take_record(key, records.substr(equals + 1, length - equals - 2), global));
      records.remove_prefix(length);
    }
    return {};
  }

  Status take_record(std::string_view key, std::string_view value, bool global) {
    const bool decides = key == "path" || key == "size" || key.starts_with("GNU.sparse.");
    if (!decides) return {};
    if (global) return broken_tar(fmt::format("a global header gives each member one {}", key));
    if (key == "path") {
      next_.name = std::string(value);
    } else if (key == "size") {
      uint64_t size = 0;
      for (const char c : value) {
        if (c < '0' || c > '9' || size > UINT64_MAX / 16) return broken_tar("its pax records are damaged");
        size = size * 10 + static_cast<uint64_t>(c - '0');
      }
      next_.size = size;
    } else {
      next_.sparse = true;
    }
    return {};
  }

  // Behind the end there is padding.
  Status read_end() {
    while (true) {
      INGOT_ASSIGN(const bool whole, read_block());
      if (!whole) return {};
      if (!is_zero(block_)) {
        return broken_tar(fmt::format("other bytes follow its end, at byte {}: another archive?", at_ - kTarBlock));
      }
    }
  }

  /// What the headers before a member's own say of it.
  struct Pax {
    std::optional<std::string> name;
    std::optional<uint64_t> size;
    bool sparse = false;
  };

  ByteReader& archive_;
  TarBlock block_{};
  uint64_t at_ = 0;  // behind block_
  Pax next_;
  std::vector<ArchiveMember> members_;
};

}  // namespace

Result<std::vector<ArchiveMember>> read_tar_members(ByteReader& archive) { return TarReader(archive).read(); }

}  // namespace ingot
