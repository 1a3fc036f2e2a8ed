#pragma once

#include <lzma.h>

#include <cstdint>

#include "source/files/decompressor.h"

namespace ingot {

/// Decompresses xz with liblzma: all streams with the padding between them, each with its checks. What takes more than
/// 128 MiB to decompress is refused (xz -9 takes 65 MiB), and so are checks that this liblzma cannot verify.
class Unxz : public Decompressor {
 public:
  Unxz() { reset(); }
  ~Unxz() override { lzma_end(&stream_); }
  Unxz(const Unxz&) = delete;
  Unxz& operator=(const Unxz&) = delete;
  void reset() override;
  tl::expected<Progress, StreamFault> advance(std::span<const char> in, std::span<char> out) override;
  bool complete() const override { return !open_ && any_stream_ && padding_ % 4 == 0; }
  size_t memory_bytes() const override { return lzma_memusage(&stream_); }

 private:
  size_t skip_padding(std::span<const char> in);
  lzma_ret begin_stream();
  StreamFault fault_of(lzma_ret status) const;

  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool open_ = false;
  bool any_stream_ = false;  // has ended
  uint64_t padding_ = 0;     // zero bytes behind the last stream: whole words
};

}  // namespace ingot
