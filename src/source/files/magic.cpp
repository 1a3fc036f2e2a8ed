#include "source/files/magic.h"

#include <fmt/format.h>

#include <array>

namespace ingot {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kGzip = "\x1f\x8b"sv;
constexpr std::string_view kZstd = "\x28\xb5\x2f\xfd"sv;
constexpr std::string_view kZstdSkippableTail = "\x2a\x4d\x18"sv;  // after one byte of 0x50 to 0x5f

struct Foreign {
  std::string_view magic;
  std::string_view name;
};
constexpr std::array<Foreign, 4> kForeign{{
    {"\xfd"
     "7zXZ\0"sv,
     "xz"},
    {"BZh91AY&SY"sv, "bzip2"},
    {"\x04\x22\x4d\x18"sv, "lz4"},
    {"PK\x03\x04"sv, "zip"},
}};

bool starts_zstd(std::string_view bytes) {
  return bytes.starts_with(kZstd) ||
         (bytes.size() > 3 && (bytes[0] & 0xf0) == 0x50 && bytes.substr(1).starts_with(kZstdSkippableTail));
}

Compression promised_by(std::string_view path) {
  if (path.ends_with(".gz") || path.ends_with(".gzip")) return Compression::gzip;
  if (path.ends_with(".zst") || path.ends_with(".zstd")) return Compression::zstd;
  return Compression::none;
}

// Whether the file ends within the magic number that its name promises.
bool cut_short(std::string_view bytes, Compression promised) {
  switch (promised) {
    case Compression::none:
      return false;
    case Compression::gzip:
      return bytes.size() < kGzip.size() && kGzip.starts_with(bytes);
    case Compression::zstd:
      return bytes.size() < kZstd.size() && kZstd.starts_with(bytes);
  }
  return false;
}

}  // namespace

Result<Compression> recognise(std::span<const char> first_bytes, std::string_view path) {
  const std::string_view bytes(first_bytes.data(), first_bytes.size());
  if (bytes.starts_with(kGzip)) return Compression::gzip;
  if (starts_zstd(bytes)) return Compression::zstd;
  const Compression promised = promised_by(path);
  if (cut_short(bytes, promised)) {
    return fail(Code::source_unreadable,
                fmt::format("truncated {} stream after {} bytes: \"{}\"", name_of(promised), bytes.size(), path));
  }
  for (const Foreign& foreign : kForeign) {
    if (bytes.starts_with(foreign.magic)) {
      return fail(Code::source_unreadable,
                  fmt::format("file is compressed with {}, which is not supported: \"{}\"", foreign.name, path),
                  "compress it with gzip or zstd instead");
    }
  }
  return Compression::none;
}

}  // namespace ingot
