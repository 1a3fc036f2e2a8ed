#include "transcript/avro_codec.h"

#include <fmt/format.h>
#include <snappy-c.h>
#include <zlib.h>

#include <algorithm>

#include "source/files/decompressor.h"

namespace ingot {

namespace {

constexpr size_t kAvroPiece = 256 << 10;

tl::unexpected<Error> bad_block(std::string_view what) {
  return fail(Code::source_unreadable, fmt::format("a block is damaged, {}", what));
}

tl::unexpected<Error> large_block(size_t most) {
  return fail(Code::source_unreadable, fmt::format("a block decompresses to more than {} bytes", most));
}

Result<std::string> inflate_raw(std::string_view stored, size_t most) {
  z_stream stream{};
  if (inflateInit2(&stream, -15) != Z_OK) return fail(Code::resource, "no memory to decompress a block");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(stored.data()));
  stream.avail_in = static_cast<uInt>(stored.size());
  std::string out;
  int status = Z_OK;
  while (status == Z_OK && out.size() <= most) {
    const size_t made = out.size();
    out.resize(made + kAvroPiece);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + made);
    stream.avail_out = kAvroPiece;
    status = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  // Python's writers leave some of zlib's checksum behind the stream.
  const bool rest = stream.avail_in > 4;
  inflateEnd(&stream);
  if (out.size() > most) return large_block(most);
  if (status != Z_STREAM_END || rest) return bad_block("its deflate stream");
  return out;
}

// Behind the data stands their CRC32, big endian.
Result<std::string> unsnappy(std::string_view stored, size_t most) {
  if (stored.size() < 4) return bad_block("it is too short");
  const std::string_view data = stored.substr(0, stored.size() - 4);
  size_t size = 0;
  if (snappy_uncompressed_length(data.data(), data.size(), &size) != SNAPPY_OK) return bad_block("its snappy stream");
  if (size > most) return large_block(most);
  std::string out(size, '\0');
  if (snappy_uncompress(data.data(), data.size(), out.data(), &size) != SNAPPY_OK || size != out.size())
    return bad_block("its snappy stream");
  uint32_t said = 0;
  for (const char c : stored.substr(data.size())) said = said << 8 | static_cast<unsigned char>(c);
  if (crc32(0, reinterpret_cast<const Bytef*>(out.data()), static_cast<uInt>(out.size())) != said)
    return bad_block("wrong CRC32");
  return out;
}

Result<std::string> by_engine(Compression compression, std::string_view stored, size_t most) {
  const auto engine = make_decompressor(compression);
  std::string out;
  while (true) {
    const size_t made = out.size();
    out.resize(made + kAvroPiece);
    const auto progress = engine->advance(stored, {out.data() + made, kAvroPiece});
    if (!progress) return bad_block(progress.error().what);
    stored.remove_prefix(progress->consumed);
    out.resize(made + progress->produced);
    if (out.size() > most) return large_block(most);
    if (progress->produced == 0 && progress->consumed == 0) break;
  }
  if (!stored.empty() || !engine->complete()) return bad_block("its stream is truncated");
  return out;
}

}  // namespace

std::optional<AvroCodec> avro_codec(std::string_view name) {
  if (name.empty() || name == "null") return AvroCodec::null;
  if (name == "deflate") return AvroCodec::deflate;
  if (name == "snappy") return AvroCodec::snappy;
  if (name == "bzip2") return AvroCodec::bzip2;
  if (name == "xz") return AvroCodec::xz;
  if (name == "zstandard") return AvroCodec::zstandard;
  return std::nullopt;
}

Result<std::string> decompress_avro(AvroCodec codec, std::string_view stored, size_t most) {
  switch (codec) {
    case AvroCodec::deflate:
      return inflate_raw(stored, most);
    case AvroCodec::snappy:
      return unsnappy(stored, most);
    case AvroCodec::bzip2:
      return by_engine(Compression::bzip2, stored, most);
    case AvroCodec::xz:
      return by_engine(Compression::xz, stored, most);
    case AvroCodec::zstandard:
      return by_engine(Compression::zstd, stored, most);
    case AvroCodec::null:
      break;
  }
  return std::string(stored);
}

}  // namespace ingot
