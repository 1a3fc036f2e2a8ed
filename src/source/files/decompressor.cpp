#include "source/files/decompressor.h"

#include "source/files/gunzip.h"
#include "source/files/unbz2.h"
#include "source/files/unlz4.h"
#include "source/files/unxz.h"
#include "source/files/unzstd.h"

namespace ingot {

std::string_view name_of(Compression compression) {
  switch (compression) {
    case Compression::none:
      return "none";
    case Compression::gzip:
      return "gzip";
    case Compression::zstd:
      return "zstd";
    case Compression::bzip2:
      return "bzip2";
    case Compression::xz:
      return "xz";
    case Compression::lz4:
      return "lz4";
  }
  return "";
}

std::unique_ptr<Decompressor> make_decompressor(Compression compression) {
  switch (compression) {
    case Compression::none:
      return nullptr;
    case Compression::gzip:
      return std::make_unique<Gunzip>();
    case Compression::zstd:
      return std::make_unique<Unzstd>();
    case Compression::bzip2:
      return std::make_unique<Unbz2>();
    case Compression::xz:
      return std::make_unique<Unxz>();
    case Compression::lz4:
      return std::make_unique<Unlz4>();
  }
  return nullptr;
}

}  // namespace ingot
