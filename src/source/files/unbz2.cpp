#include "source/files/unbz2.h"

#include <algorithm>

namespace ingot {

namespace {

constexpr size_t kMaxCount = size_t{1} << 30;  // libbz2 counts in 32 bits

}  // namespace

void Unbz2::reset() {
  end_stream();
  any_stream_ = false;
}

size_t Unbz2::memory_bytes() const {
  constexpr size_t kLargestBlock = 4 << 20;  // what a stream of 900 kB blocks takes
  return open_ ? kLargestBlock : 0;
}

bool Unbz2::begin_stream() {
  stream_ = {};
  open_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK;
  return open_;
}

void Unbz2::end_stream() {
  if (open_) BZ2_bzDecompressEnd(&stream_);
  open_ = false;
}

StreamFault Unbz2::fault_of(int status) const {
  switch (status) {
    case BZ_DATA_ERROR_MAGIC:
      return {any_stream_ ? "other bytes follow the last bzip2 stream" : "not a bzip2 stream"};
    case BZ_DATA_ERROR:
      return {"invalid block or wrong checksum"};
    case BZ_MEM_ERROR:
      return {"not enough memory for its blocks"};
    default:
      return {"invalid bzip2 stream"};
  }
}

tl::expected<Progress, StreamFault> Unbz2::advance(std::span<const char> in, std::span<char> out) {
  Progress total;
  while (total.consumed < in.size() || (open_ && total.produced < out.size())) {
    if (!open_ && !begin_stream()) return tl::unexpected(fault_of(BZ_MEM_ERROR));
    const auto in_size = static_cast<unsigned>(std::min(in.size() - total.consumed, kMaxCount));
    const auto out_size = static_cast<unsigned>(std::min(out.size() - total.produced, kMaxCount));
    stream_.next_in = const_cast<char*>(in.data() + total.consumed);  // libbz2 does not write there
    stream_.avail_in = in_size;
    stream_.next_out = out.data() + total.produced;
    stream_.avail_out = out_size;
    const int status = BZ2_bzDecompress(&stream_);
    if (status != BZ_OK && status != BZ_STREAM_END) return tl::unexpected(fault_of(status));
    total.consumed += in_size - stream_.avail_in;
    total.produced += out_size - stream_.avail_out;
    if (status == BZ_STREAM_END) {
      end_stream();
      any_stream_ = true;
    } else if (in_size == stream_.avail_in && out_size == stream_.avail_out) {
      break;
    }
  }
  return total;
}

}  // namespace ingot
