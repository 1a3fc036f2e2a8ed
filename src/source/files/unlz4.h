#pragma once

#include <lz4frame.h>

#include <array>
#include <cstddef>

#include "source/files/decompressor.h"

namespace ingot {

/// Decompresses LZ4 frames with liblz4: all of them, skippable ones passed over, checksums and declared sizes checked
/// where the frame has them. Frames that want a dictionary are refused, and so are legacy ones.
class Unlz4 : public Decompressor {
 public:
  Unlz4();
  void reset() override;
  tl::expected<Progress, StreamFault> advance(std::span<const char> in, std::span<char> out) override;
  bool complete() const override { return header_size_ == 0 && any_frame_; }
  // Blocks are of 4 MiB at most, and what may be referred to is 64 KiB; small frames are the common ones.
  size_t memory_bytes() const override { return kLargestBlock; }

 private:
  struct FreeContext {
    void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
  };

  void keep_header(std::span<const char> in);
  bool wants_dictionary() const;
  StreamFault fault_of(size_t status) const;

  static constexpr size_t kLargestBlock = 8 << 20;

  std::unique_ptr<LZ4F_dctx, FreeContext> context_;
  std::array<char, 5> header_{};  // magic number and flags of the frame
  size_t header_size_ = 0;        // 0: between frames
  bool any_frame_ = false;        // has ended
};

}  // namespace ingot
