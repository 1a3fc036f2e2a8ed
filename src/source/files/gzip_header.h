#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "source/files/decompressor.h"

namespace ingot {

/// Parses a gzip member's header (RFC 1952, section 2.3) byte by byte, its CRC16 included where there is one.
class GzipHeader {
 public:
  /// Begins a header. `first` is whether it is the stream's first one: another that does not begin like a header is
  /// trailing garbage.
  void start(bool first);

  /// Takes the next byte; returns a fault or nothing.
  std::optional<StreamFault> take(uint8_t byte);

  bool untouched() const { return step_ == Step::fixed && count_ == 0; }
  bool done() const { return step_ == Step::done; }

 private:
  enum class Step : uint8_t { fixed, extra_length, extra, name, comment, checksum, done };

  std::optional<StreamFault> take_fixed(uint8_t byte);
  std::optional<StreamFault> take_checksum(uint8_t byte);
  void enter(Step step);
  bool present(Step step) const;

  static constexpr size_t kFixedBytes = 10;

  std::array<uint8_t, kFixedBytes> fixed_{};
  Step step_ = Step::fixed;
  bool first_ = true;
  uint32_t count_ = 0;   // bytes taken in this step
  uint32_t number_ = 0;  // length of the extra field, or the stored checksum
  uint32_t crc_ = 0;
};

}  // namespace ingot
