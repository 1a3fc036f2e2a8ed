#include "source/files/magic.h"

#include <fmt/format.h>

#include <array>

namespace ingot {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kGzip = "\x1f\x8b"sv;
constexpr std::string_view kZstd = "\x28\xb5\x2f\xfd"sv;
constexpr std::string_view kZstdSkippableTail = "\x2a\x4d\x18"sv;  // after one byte of 0x50 to 0x5f

constexpr std::string_view kXz =
    "\xfd"
    "7zXZ\0"sv;
constexpr std::string_view kLz4 = "\x04\x22\x4d\x18"sv;
constexpr std::string_view kBzip2 = "BZh"sv;  // a digit, then a block or the end
constexpr std::string_view kBzip2Block = "1AY&SY"sv;
constexpr std::string_view kBzip2End = "\x17rE8P\x90"sv;

struct Foreign {
  std::string_view magic;
  std::string_view name;
};
constexpr std::array<Foreign, 2> kForeign{{
    {"7z\xbc\xaf\x27\x1c"sv, "7z"},
    {"\x02\x21\x4c\x18"sv, "the legacy form of lz4"},
}};
constexpr size_t kTarMagicAt = 257;

bool starts_zstd(std::string_view bytes) {
  return bytes.starts_with(kZstd) ||
         (bytes.size() > 3 && (bytes[0] & 0xf0) == 0x50 && bytes.substr(1).starts_with(kZstdSkippableTail));
}

bool starts_bzip2(std::string_view bytes) {
  if (bytes.size() < 10 || !bytes.starts_with(kBzip2) || bytes[3] < '1' || bytes[3] > '9') return false;
  return bytes.substr(4).starts_with(kBzip2Block) || bytes.substr(4).starts_with(kBzip2End);
}

/// What a file's name promises, and the beginning of what its first bytes must then be.
struct Ending {
  std::string_view ending;
  Compression compression;
  std::string_view magic;
};
constexpr std::array<Ending, 7> kEndings{{
    {".gz", Compression::gzip, kGzip},
    {".gzip", Compression::gzip, kGzip},
    {".zst", Compression::zstd, kZstd},
    {".zstd", Compression::zstd, kZstd},
    {".bz2", Compression::bzip2, kBzip2},
    {".xz", Compression::xz, kXz},
    {".lz4", Compression::lz4, kLz4},
}};

// Whether the file ends within the magic number that its name promises; then the compression.
Compression cut_short(std::string_view bytes, std::string_view path) {
  for (const Ending& promised : kEndings) {
    if (!path.ends_with(promised.ending)) continue;
    const bool cut = bytes.size() < promised.magic.size() && promised.magic.starts_with(bytes);
    return cut ? promised.compression : Compression::none;
  }
  return Compression::none;
}

}  // namespace

Result<Compression> recognise(std::span<const char> first_bytes, std::string_view path) {
  const std::string_view bytes(first_bytes.data(), first_bytes.size());
  if (bytes.starts_with(kGzip)) return Compression::gzip;
  if (starts_zstd(bytes)) return Compression::zstd;
  if (starts_bzip2(bytes)) return Compression::bzip2;
  if (bytes.starts_with(kXz)) return Compression::xz;
  if (bytes.starts_with(kLz4)) return Compression::lz4;
  if (const Compression promised = cut_short(bytes, path); promised != Compression::none) {
    return fail(Code::source_unreadable,
                fmt::format("truncated {} stream after {} bytes: \"{}\"", name_of(promised), bytes.size(), path));
  }
  for (const Foreign& foreign : kForeign) {
    if (bytes.starts_with(foreign.magic)) {
      return fail(Code::source_unreadable,
                  fmt::format("file is compressed with {}, which is not supported: \"{}\"", foreign.name, path),
                  "compress it with gzip, zstd, bzip2, xz or lz4 instead");
    }
  }
  return Compression::none;
}

// A zip archive without members is only its end record.
bool begins_zip(std::span<const char> first_bytes) {
  const std::string_view bytes(first_bytes.data(), first_bytes.size());
  return bytes.starts_with("PK\x03\x04"sv) || bytes.starts_with("PK\x05\x06"sv);
}

bool begins_tar(std::span<const char> first_bytes) {
  const std::string_view bytes(first_bytes.data(), first_bytes.size());
  return bytes.size() > kTarMagicAt && bytes.substr(kTarMagicAt).starts_with("ustar");
}

}  // namespace ingot
