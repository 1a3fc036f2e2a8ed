#include "source/files/decompressor.h"

#include "source/files/gunzip.h"
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
  }
  return nullptr;
}

}  // namespace ingot
