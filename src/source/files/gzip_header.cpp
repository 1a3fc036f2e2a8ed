#include "source/files/gzip_header.h"

#include <isa-l/crc.h>

namespace ingot {

namespace {

constexpr uint8_t kHasChecksum = 0x02;
constexpr uint8_t kHasExtra = 0x04;
constexpr uint8_t kHasName = 0x08;
constexpr uint8_t kHasComment = 0x10;
constexpr uint8_t kReserved = 0xe0;
constexpr uint8_t kDeflate = 8;
constexpr size_t kMethodAt = 2;
constexpr size_t kFlagsAt = 3;

}  // namespace

void GzipHeader::start(bool first) {
  first_ = first;
  crc_ = 0;
  step_ = Step::fixed;
  count_ = 0;
}

bool GzipHeader::present(Step step) const {
  switch (step) {
    case Step::extra_length:
    case Step::extra:
      return (fixed_[kFlagsAt] & kHasExtra) != 0;
    case Step::name:
      return (fixed_[kFlagsAt] & kHasName) != 0;
    case Step::comment:
      return (fixed_[kFlagsAt] & kHasComment) != 0;
    case Step::checksum:
      return (fixed_[kFlagsAt] & kHasChecksum) != 0;
    default:
      return true;
  }
}

// Enters `step`, or the first one after it that this header has.
void GzipHeader::enter(Step step) {
  while (!present(step) || (step == Step::extra && number_ == 0)) {
    step = static_cast<Step>(static_cast<uint8_t>(step) + 1);
  }
  step_ = step;
  count_ = 0;
  if (step != Step::extra) number_ = 0;
}

std::optional<StreamFault> GzipHeader::take_fixed(uint8_t byte) {
  fixed_[count_++] = byte;
  if ((count_ == 1 && byte != 0x1f) || (count_ == 2 && byte != 0x8b)) {
    if (first_) return StreamFault{"not a gzip stream"};
    return StreamFault{"other bytes follow the last gzip member",
                       "zero bytes there can be an unfinished download; cut them off if the file is complete"};
  }
  if (count_ < kFixedBytes) return std::nullopt;
  if (fixed_[kMethodAt] != kDeflate) return StreamFault{"unknown compression method in a gzip header"};
  if ((fixed_[kFlagsAt] & kReserved) != 0) return StreamFault{"reserved flags in a gzip header"};
  crc_ = crc32_gzip_refl(0, fixed_.data(), kFixedBytes);
  enter(Step::extra_length);
  return std::nullopt;
}

std::optional<StreamFault> GzipHeader::take_checksum(uint8_t byte) {
  number_ |= static_cast<uint32_t>(byte) << (8 * count_++);
  if (count_ < 2) return std::nullopt;
  if (number_ != (crc_ & 0xffff)) return StreamFault{"wrong checksum of a gzip header"};
  step_ = Step::done;
  return std::nullopt;
}

std::optional<StreamFault> GzipHeader::take(uint8_t byte) {
  if (step_ == Step::fixed) return take_fixed(byte);
  if (step_ == Step::checksum) return take_checksum(byte);
  crc_ = crc32_gzip_refl(crc_, &byte, 1);
  switch (step_) {
    case Step::extra_length:
      number_ |= static_cast<uint32_t>(byte) << (8 * count_++);
      if (count_ == 2) enter(Step::extra);
      break;
    case Step::extra:
      if (++count_ == number_) enter(Step::name);
      break;
    case Step::name:
      if (byte == 0) enter(Step::comment);
      break;
    case Step::comment:
      if (byte == 0) enter(Step::checksum);
      break;
    default:
      break;
  }
  return std::nullopt;
}

}  // namespace ingot
