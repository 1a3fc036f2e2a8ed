#pragma once

#include <zstd.h>

#include <array>
#include <cstdint>

#include "source/files/decompressor.h"

namespace ingot {

/// Decompresses zstd (RFC 8878) with libzstd: all frames, skippable ones passed over, content checksums and declared
/// sizes checked where the frame has them (the sizes here: libzstd overlooks them where the last block is empty and the
/// frame comes in pieces). Windows over 128 MiB are refused: each reader would hold one. So are frames of zstd before
/// 0.8, which libzstd may still read.
class Unzstd : public Decompressor {
 public:
  Unzstd();
  void reset() override;
  tl::expected<Progress, StreamFault> advance(std::span<const char> in, std::span<char> out) override;
  bool complete() const override { return between_frames_ && any_frame_; }
  size_t memory_bytes() const override { return ZSTD_sizeof_DCtx(context_.get()); }

 private:
  struct FreeContext {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  void begin_frame();
  bool may_begin_frame(std::span<const char> in) const;
  void keep_header(std::span<const char> in);
  bool has_declared_size() const;

  static constexpr size_t kMaxHeaderBytes = 18;

  std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
  std::array<char, kMaxHeaderBytes> header_{};  // the frame's first bytes
  size_t header_size_ = 0;
  uint64_t frame_bytes_ = 0;  // produced from the frame
  bool between_frames_ = true;
  bool any_frame_ = false;
};

}  // namespace ingot
