// gzip and zstd against zlib and libzstd, the whole stream at once; and all kinds against themselves, in pieces.

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "fuzz.h"
#include "source/files/decompressor.h"

namespace ingot::fuzz {
namespace {

constexpr size_t kMostBytes = 1 << 20;  // of what comes out; bombs are cut off there

struct Outcome {
  std::string bytes;
  std::string fault;  // empty: none
  bool complete = false;
  bool cut_off = false;

  bool operator==(const Outcome&) const = default;
};

/// Pushes `stored` through in pieces, out of and into buffers of exactly their size.
Outcome decompress(Decompressor& engine, std::string_view stored, size_t in_piece, size_t out_piece) {
  Outcome outcome;
  engine.reset();
  std::unique_ptr<char[]> in;
  size_t in_size = 0, taken = 0;
  for (;;) {
    const std::unique_ptr<char[]> out(new char[out_piece]);
    const auto progress = engine.advance({in.get() + taken, in_size - taken}, {out.get(), out_piece});
    if (!progress) {
      require(!progress.error().what.empty(), "a fault says what");
      outcome.fault = progress.error().what;
      return outcome;
    }
    require(progress->consumed <= in_size - taken && progress->produced <= out_piece, "no more than there was");
    taken += progress->consumed;
    outcome.bytes.append(out.get(), progress->produced);
    if (outcome.bytes.size() > kMostBytes) {
      outcome.cut_off = true;
      return outcome;
    }
    if (progress->produced == out_piece) continue;
    require(taken == in_size, "it goes on until the input is used up or the output is full");
    if (stored.empty()) break;
    in_size = std::min(in_piece, stored.size());
    in.reset(new char[in_size]);
    std::copy_n(stored.data(), in_size, in.get());
    taken = 0;
    stored.remove_prefix(in_size);
  }
  outcome.complete = engine.complete();
  return outcome;
}

/// What zlib makes of all members; nothing where it finds fault, or where it is not complete.
std::optional<std::string> by_zlib(std::string_view stored) {
  std::string bytes;
  while (!stored.empty()) {
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(stored.data()));
    stream.avail_in = static_cast<uInt>(stored.size());
    int status = Z_OK;
    while (status == Z_OK && bytes.size() <= kMostBytes) {
      char out[4096];
      stream.next_out = reinterpret_cast<Bytef*>(out);
      stream.avail_out = sizeof out;
      status = inflate(&stream, Z_NO_FLUSH);
      bytes.append(out, sizeof out - stream.avail_out);
    }
    stored.remove_prefix(stored.size() - stream.avail_in);
    inflateEnd(&stream);
    if (status != Z_STREAM_END) return std::nullopt;
  }
  return bytes;
}

std::optional<std::string> by_zstd(std::string_view stored) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, 27);
  std::string bytes(kMostBytes + 1, 0);
  ZSTD_inBuffer in{stored.data(), stored.size(), 0};
  ZSTD_outBuffer out{bytes.data(), bytes.size(), 0};
  size_t left = 1, frame = 0, frame_out = 0;  // where the frame begins
  while (in.pos < in.size && out.pos < out.size) {
    // libzstd may read the formats before RFC 8878, which are refused.
    const bool old_format = in.pos == frame && in.size - frame > 3 && static_cast<unsigned char>(stored[frame]) < 0x28;
    if (old_format && stored.substr(frame + 1).starts_with("\xb5\x2f\xfd")) return std::nullopt;
    left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left)) return std::nullopt;
    if (left != 0) continue;
    // libzstd does not always compare: not where the last block is empty and the frame not decoded at once.
    const auto declared = ZSTD_getFrameContentSize(stored.data() + frame, stored.size() - frame);
    if (declared != ZSTD_CONTENTSIZE_UNKNOWN && declared != out.pos - frame_out) return std::nullopt;
    frame = in.pos;
    frame_out = out.pos;
  }
  if (left != 0) return std::nullopt;
  bytes.resize(out.pos);
  return bytes;
}

void append_number(std::string& out, uint32_t number) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>(number >> (8 * i));
}

/// Makes a gzip member of a deflate stream, with the checksums that zlib finds: damage that they would tell at once
/// must be told by the stream itself. What zlib refuses gets those of what it made before.
std::string member_of(std::string_view deflated) {
  std::string bytes;
  z_stream stream{};
  inflateInit2(&stream, -15);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(deflated.data()));
  stream.avail_in = static_cast<uInt>(deflated.size());
  for (int status = Z_OK; status == Z_OK && bytes.size() <= kMostBytes;) {
    char out[4096];
    stream.next_out = reinterpret_cast<Bytef*>(out);
    stream.avail_out = sizeof out;
    status = inflate(&stream, Z_NO_FLUSH);
    bytes.append(out, sizeof out - stream.avail_out);
  }
  deflated.remove_suffix(stream.avail_in);
  inflateEnd(&stream);
  std::string member("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
  member += deflated;
  append_number(member, static_cast<uint32_t>(
                            crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()))));
  append_number(member, static_cast<uint32_t>(bytes.size()));
  return member;
}

std::string deflated(std::string_view text, bool gzip) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, gzip ? 15 + 16 : -15, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), 0);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib compresses");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), 0);
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

enum class Form : uint8_t { gzip, zstd, deflate, text_gzip, text_zstd, bzip2, xz, lz4, count };

Compression kind_of(Form form) {
  switch (form) {
    case Form::zstd:
    case Form::text_zstd:
      return Compression::zstd;
    case Form::bzip2:
      return Compression::bzip2;
    case Form::xz:
      return Compression::xz;
    case Form::lz4:
      return Compression::lz4;
    default:
      return Compression::gzip;
  }
}

void run(const uint8_t* data, size_t size) {
  Input input(data, size);
  const auto form = static_cast<Form>(input.choose(static_cast<size_t>(Form::count)));
  const size_t in_piece = input.choose_size(), out_piece = input.choose_size();
  const bool text = form == Form::text_gzip || form == Form::text_zstd;
  const Compression kind = kind_of(form);
  std::string stored(input.rest());
  if (form == Form::deflate) stored = member_of(input.rest());
  // Texts come as two members.
  const size_t half = input.rest().size() / 3;
  if (form == Form::text_gzip)
    stored = deflated(input.rest().substr(0, half), true) + member_of(deflated(input.rest().substr(half), false));
  if (form == Form::text_zstd) stored = zstd(input.rest().substr(0, half)) + zstd(input.rest().substr(half));
  if (stored.empty()) return;

  const auto engine = make_decompressor(kind);
  const Outcome whole = decompress(*engine, stored, stored.size(), 1 << 16);
  const Outcome pieces = decompress(*engine, stored, in_piece, out_piece);  // an engine that was used before
  if (whole.cut_off || pieces.cut_off) return;
  require(pieces.complete == whole.complete && pieces.fault.empty() == whole.fault.empty(), "the same in pieces");
  if (kind != Compression::gzip && kind != Compression::zstd) {
    require(whole.bytes == pieces.bytes || !whole.complete, "the same bytes in pieces");
    return;
  }
  const auto reference = kind == Compression::gzip ? by_zlib(stored) : by_zstd(stored);
  if (reference && reference->size() > kMostBytes) return;
  require(whole.complete == reference.has_value(), "complete where the library says so", whole.fault);
  if (!whole.complete) return;
  require(whole.bytes == pieces.bytes && whole.bytes == *reference, "the same bytes");
  require(!text || whole.bytes == input.rest(), "what was compressed");
}

}  // namespace
}  // namespace ingot::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ingot::fuzz::run(data, size);
  return 0;
}
