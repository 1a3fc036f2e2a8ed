#include "source/text_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ingot {

namespace {

constexpr size_t kTextBytes = 64 << 10;

Error half_a_unit() {
  return {
      Code::source_unreadable, "UTF-16 text has an odd number of bytes", "is it cut off, or of another encoding?", {}};
}

// Reads on until there are enough bytes to tell the encoding, or no more.
Result<size_t> read_head(ByteReader& bytes, char* out, size_t capacity) {
  size_t size = 0;
  while (size < kEncodingHeadBytes) {
    INGOT_ASSIGN(const size_t got, bytes.read(out + size, capacity - size));
    if (got == 0) break;
    size += got;
  }
  return size;
}

}  // namespace

Result<size_t> TextReader::read(char* out, size_t capacity) {
  if (!known_) return read_first(out, capacity);
  if (encoding_ == Charset::utf8) return bytes_->read(out, capacity);
  return transcode(out, capacity);
}

Result<size_t> TextReader::read_first(char* out, size_t capacity) {
  INGOT_ASSIGN(const size_t size, read_head(*bytes_, out, capacity));
  INGOT_ASSIGN(encoding_, resolve_encoding(encoding_, {out, size}));
  known_ = true;
  last_ = size == 0;
  if (encoding_ == Charset::utf8 || last_) return size;
  buffer_ = std::make_unique_for_overwrite<char[]>(std::max(kTextBytes, size));
  std::memcpy(buffer_.get(), out, size);
  end_ = size;
  return transcode(out, capacity);
}

Result<size_t> TextReader::transcode(char* out, size_t capacity) {
  if (spare_begin_ == spare_end_ && capacity >= Transcoder::kMaxMade) return next(out, capacity);
  if (spare_begin_ == spare_end_) {
    spare_begin_ = 0;
    INGOT_ASSIGN(spare_end_, next(spare_, sizeof spare_));
  }
  return take_spare(out, capacity);
}

size_t TextReader::take_spare(char* out, size_t capacity) {
  const size_t size = std::min(capacity, spare_end_ - spare_begin_);
  std::memcpy(out, spare_ + spare_begin_, size);
  spare_begin_ += size;
  return size;
}

// Makes at least one character, or nothing at the end. `capacity` is at least Transcoder::kMaxMade.
Result<size_t> TextReader::next(char* out, size_t capacity) {
  const Transcoder transcoder(encoding_);
  while (true) {
    const Transcoder::Step step = transcoder.run({buffer_.get() + begin_, end_ - begin_}, out, capacity, last_);
    begin_ += step.taken;
    if (step.made > 0) return step.made;
    if (last_ && begin_ < end_) return fail(half_a_unit());
    if (last_) return size_t{0};
    INGOT_TRY(refill());
  }
}

Status TextReader::refill() {
  const size_t rest = end_ - begin_;
  std::memmove(buffer_.get(), buffer_.get() + begin_, rest);
  begin_ = 0;
  end_ = rest;
  INGOT_ASSIGN(const size_t got, bytes_->read(buffer_.get() + rest, kTextBytes - rest));
  end_ += got;
  last_ = got == 0;
  return {};
}

Result<uint64_t> TextReader::skip(uint64_t count) {
  if (encoding_ == Charset::automatic) encoding_ = Charset::utf8;
  known_ = true;
  if (encoding_ != Charset::utf8) buffer_ = std::make_unique_for_overwrite<char[]>(kTextBytes);
  return bytes_->skip(count);
}

Result<Charset> read_encoding(ByteReader& bytes, Charset given) {
  char head[kEncodingHeadBytes];
  INGOT_ASSIGN(const size_t size, read_head(bytes, head, sizeof head));
  return resolve_encoding(given, {head, size});
}

Result<std::string> to_utf8(std::string_view bytes, Charset encoding) {
  if (encoding == Charset::utf8) return std::string(bytes);
  std::string out(3 * bytes.size() + Transcoder::kMaxMade, '\0');  // no byte becomes more than three
  const Transcoder::Step step = Transcoder(encoding).run(bytes, out.data(), out.size(), true);
  if (step.taken < bytes.size()) return fail(half_a_unit());
  out.resize(step.made);
  return out;
}

}  // namespace ingot
