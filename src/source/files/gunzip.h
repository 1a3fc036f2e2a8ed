#pragma once

#include <isa-l/igzip_lib.h>

#include <array>
#include <cstdint>

#include "source/files/decompressor.h"
#include "source/files/gzip_header.h"

namespace ingot {

/// Decompresses gzip (RFC 1952) with libisal: all members, each one's CRC32 and length checked. What follows the last
/// member and is not another is a fault, zero bytes included: a hole in an unfinished download looks like padding.
/// Headers and trailers are parsed here, not by libisal, so that every cut is told from every damage.
class Gunzip : public Decompressor {
 public:
  Gunzip();
  void reset() override;
  tl::expected<Progress, StreamFault> advance(std::span<const char> in, std::span<char> out) override;
  bool complete() const override;
  size_t memory_bytes() const override { return sizeof(*this); }

 private:
  enum class Phase : uint8_t { header, body, trailer };

  tl::expected<Progress, StreamFault> step(std::span<const char> in, std::span<char> out);
  tl::expected<Progress, StreamFault> inflate(std::span<const char> in, std::span<char> out);
  tl::expected<Progress, StreamFault> read_header(std::span<const char> in);
  tl::expected<Progress, StreamFault> read_trailer(std::span<const char> in);
  void begin_body();
  void begin_trailer();

  static constexpr size_t kTrailerBytes = 8;

  Phase phase_ = Phase::header;
  GzipHeader header_;
  std::array<uint8_t, kTrailerBytes> trailer_{};
  size_t trailer_size_ = 0;
  uint32_t member_bytes_ = 0;  // modulo 2^32, as ISIZE is
  inflate_state state_;        // 85 KB, left uninitialised but for what libisal reads first
};

}  // namespace ingot
