#pragma once

#include <zstd.h>

#include "source/files/decompressor.h"

namespace ingot {

/// Decompresses zstd (RFC 8878) with libzstd: all frames, skippable ones passed over, content checksums and declared
/// sizes checked where the frame has them. Windows over 128 MiB are refused: each reader would hold one.
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
  std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
  bool between_frames_ = true;
  bool any_frame_ = false;
};

}  // namespace ingot
