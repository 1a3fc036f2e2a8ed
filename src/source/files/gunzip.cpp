#include "source/files/gunzip.h"

#include <algorithm>
#include <cstring>

namespace ingot {

namespace {

// libisal counts in 32 bits.
constexpr size_t kMaxPiece = size_t{1} << 30;

StreamFault fault_of(int status) {
  switch (status) {
    case ISAL_INVALID_BLOCK:
      return {"invalid deflate block"};
    case ISAL_INVALID_SYMBOL:
      return {"invalid deflate symbol"};
    case ISAL_INVALID_LOOKBACK:
      return {"invalid deflate distance"};
    case ISAL_NEED_DICT:
      return {"a dictionary is needed"};
    default:
      return {"invalid deflate stream"};
  }
}

uint32_t little_endian(const uint8_t* bytes) {
  return static_cast<uint32_t>(bytes[0]) | static_cast<uint32_t>(bytes[1]) << 8 |
         static_cast<uint32_t>(bytes[2]) << 16 | static_cast<uint32_t>(bytes[3]) << 24;
}

}  // namespace

Gunzip::Gunzip() {
  isal_inflate_init(&state_);
  reset();
}

void Gunzip::reset() {
  phase_ = Phase::header;
  header_.start(true);
}

bool Gunzip::complete() const { return phase_ == Phase::header && header_.untouched(); }

tl::expected<Progress, StreamFault> Gunzip::advance(std::span<const char> in, std::span<char> out) {
  Progress total;
  while (true) {
    const Phase before = phase_;
    const auto progress = step(in.subspan(total.consumed), out.subspan(total.produced));
    if (!progress) return progress;
    total.consumed += progress->consumed;
    total.produced += progress->produced;
    if (progress->consumed == 0 && progress->produced == 0 && phase_ == before) return total;
  }
}

tl::expected<Progress, StreamFault> Gunzip::step(std::span<const char> in, std::span<char> out) {
  switch (phase_) {
    case Phase::header:
      return read_header(in);
    case Phase::body:
      return inflate(in, out);
    case Phase::trailer:
      return read_trailer(in);
  }
  return Progress{};
}

tl::expected<Progress, StreamFault> Gunzip::read_header(std::span<const char> in) {
  size_t taken = 0;
  while (taken < in.size() && !header_.done()) {
    if (const auto fault = header_.take(static_cast<uint8_t>(in[taken++]))) return tl::unexpected(*fault);
  }
  if (header_.done()) begin_body();
  return Progress{taken, 0};
}

void Gunzip::begin_body() {
  isal_inflate_reset(&state_);
  state_.crc_flag = ISAL_GZIP_NO_HDR;
  member_bytes_ = 0;
  phase_ = Phase::body;
}

tl::expected<Progress, StreamFault> Gunzip::inflate(std::span<const char> in, std::span<char> out) {
  const auto in_size = static_cast<uint32_t>(std::min(in.size(), kMaxPiece));
  const auto out_size = static_cast<uint32_t>(std::min(out.size(), kMaxPiece));
  state_.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(in.data()));  // libisal does not write there
  state_.avail_in = in_size;
  state_.next_out = reinterpret_cast<uint8_t*>(out.data());
  state_.avail_out = out_size;
  const int status = isal_inflate(&state_);
  if (status != ISAL_DECOMP_OK) return tl::unexpected(fault_of(status));
  const Progress progress{in_size - state_.avail_in, out_size - state_.avail_out};
  member_bytes_ += static_cast<uint32_t>(progress.produced);
  if (state_.block_state == ISAL_BLOCK_FINISH) begin_trailer();
  return progress;
}

// libisal has read up to 64 bits ahead; the whole bytes among them are the first ones of the trailer, which is as long.
void Gunzip::begin_trailer() {
  const int spare_bits = state_.read_in_length % 8;
  const uint64_t ahead = state_.read_in >> spare_bits;
  trailer_size_ = static_cast<size_t>(state_.read_in_length / 8);
  std::memcpy(trailer_.data(), &ahead, trailer_size_);
  phase_ = Phase::trailer;
}

tl::expected<Progress, StreamFault> Gunzip::read_trailer(std::span<const char> in) {
  const size_t taken = std::min(in.size(), kTrailerBytes - trailer_size_);
  std::copy_n(in.data(), taken, trailer_.data() + trailer_size_);
  trailer_size_ += taken;
  if (trailer_size_ < kTrailerBytes) return Progress{taken, 0};
  if (little_endian(trailer_.data()) != state_.crc) return tl::unexpected(StreamFault{"wrong CRC32"});
  if (little_endian(trailer_.data() + 4) != member_bytes_) return tl::unexpected(StreamFault{"wrong length"});
  header_.start(false);
  phase_ = Phase::header;
  return Progress{taken, 0};
}

}  // namespace ingot
