#include "source/files/unxz.h"

namespace ingot {

namespace {

constexpr uint64_t kMaxMemory = uint64_t{128} << 20;

}  // namespace

void Unxz::reset() {
  open_ = any_stream_ = false;
  padding_ = 0;
}

lzma_ret Unxz::begin_stream() {
  const lzma_ret status = lzma_stream_decoder(&stream_, kMaxMemory, LZMA_TELL_UNSUPPORTED_CHECK);
  open_ = status == LZMA_OK;
  return status;
}

size_t Unxz::skip_padding(std::span<const char> in) {
  size_t count = 0;
  while (any_stream_ && count < in.size() && in[count] == '\0') ++count;
  padding_ += count;
  return count;
}

StreamFault Unxz::fault_of(lzma_ret status) const {
  switch (status) {
    case LZMA_FORMAT_ERROR:
      return {any_stream_ ? "other bytes follow the last xz stream" : "not an xz stream"};
    case LZMA_MEMLIMIT_ERROR:
      return {"it takes more than 128 MiB to decompress", "compress it with xz -9 or less"};
    case LZMA_MEM_ERROR:
      return {"not enough memory for its dictionary"};
    case LZMA_UNSUPPORTED_CHECK:
      return {"its checksum is of an unknown kind", "compress it with xz --check=crc64"};
    case LZMA_OPTIONS_ERROR:
      return {"it uses filters that are not known"};
    default:
      return {"invalid block or wrong checksum"};
  }
}

tl::expected<Progress, StreamFault> Unxz::advance(std::span<const char> in, std::span<char> out) {
  Progress total;
  while (total.consumed < in.size() || (open_ && total.produced < out.size())) {
    if (!open_) {
      total.consumed += skip_padding(in.subspan(total.consumed));
      if (total.consumed == in.size()) break;
      if (padding_ % 4 != 0) return tl::unexpected(fault_of(LZMA_FORMAT_ERROR));
      if (const lzma_ret status = begin_stream(); status != LZMA_OK) return tl::unexpected(fault_of(status));
    }
    stream_.next_in = reinterpret_cast<const uint8_t*>(in.data() + total.consumed);
    stream_.avail_in = in.size() - total.consumed;
    stream_.next_out = reinterpret_cast<uint8_t*>(out.data() + total.produced);
    stream_.avail_out = out.size() - total.produced;
    const lzma_ret status = lzma_code(&stream_, LZMA_RUN);
    const size_t consumed = in.size() - stream_.avail_in, produced = out.size() - stream_.avail_out;
    const bool moved = consumed > total.consumed || produced > total.produced;
    total = {consumed, produced};
    if (status == LZMA_STREAM_END) {
      open_ = false;
      any_stream_ = true;
      padding_ = 0;
    } else if (status != LZMA_OK && status != LZMA_BUF_ERROR) {
      return tl::unexpected(fault_of(status));
    } else if (!moved) {
      break;
    }
  }
  return total;
}

}  // namespace ingot
