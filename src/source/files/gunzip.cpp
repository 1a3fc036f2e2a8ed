#include "source/files/gunzip.h"

#include <algorithm>
#include <cstring>

namespace ingot {

namespace {

// libisal counts in 32 bits.
constexpr size_t kMaxPiece = size_t{1} << 30;

StreamFault fault_of(int status) {
  switch (status) {
    case ISAL_INVALID_BLOCK: return {"invalid deflate block"};
    case ISAL_INVALID_SYMBOL: return {"invalid deflate symbol"};
    case ISAL_INVALID_LOOKBACK: return {"invalid deflate distance"};
    case ISAL_NEED_DICT: return {"a dictionary is needed"};
    default: return {"invalid deflate stream"};
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
  pending_begin_ = pending_end_ = 0;
}

bool Gunzip::complete() const {
  return phase_ == Phase::header && header_.untouched() && pending_begin_ == pending_end_;
}

tl::expected<Progress, StreamFault> Gunzip::advance(std::span<const char> in, std::span<char> out) {
  Progress total;
  while (true) {
    const bool from_pending = pending_begin_ < pending_end_;
    const std::span<const char> input = from_pending
                                            ? std::span<const char>(pending_).subspan(pending_begin_, pending_end_ - pending_begin_)
                                            : in.subspan(total.consumed);
    const auto progress = step(input, out.subspan(total.produced));
    if (!progress) return progress;
    if (!from_pending) {
      total.consumed += progress->consumed;
    } else if (progress->consumed == input.size() && pending_begin_ == static_cast<size_t>(input.data() - pending_.data())) {
      pending_begin_ = pending_end_;
    }
    total.produced += progress->produced;
    if (progress->consumed == 0 && progress->produced == 0) return total;
  }
}

tl::expected<Progress, StreamFault> Gunzip::step(std::span<const char> in, std::span<char> out) {
  switch (phase_) {
    case Phase::header: return read_header(in);
    case Phase::body: return inflate(in, out);
    case Phase::trailer: return read_trailer(in);
  }
  return Progress{};
}

}  // namespace ingot
