#pragma once

#include <bzlib.h>

#include "source/files/decompressor.h"

namespace ingot {

/// Decompresses bzip2 with libbz2: all streams, one after another, each with its checksums.
class Unbz2 : public Decompressor {
 public:
  Unbz2() = default;
  ~Unbz2() override { end_stream(); }
  Unbz2(const Unbz2&) = delete;
  Unbz2& operator=(const Unbz2&) = delete;
  void reset() override;
  tl::expected<Progress, StreamFault> advance(std::span<const char> in, std::span<char> out) override;
  bool complete() const override { return !open_ && any_stream_; }
  size_t memory_bytes() const override;

 private:
  bool begin_stream();
  void end_stream();
  StreamFault fault_of(int status) const;

  bz_stream stream_{};
  bool open_ = false;
  bool any_stream_ = false;  // has ended
};

}  // namespace ingot
