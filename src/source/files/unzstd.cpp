#include "source/files/unzstd.h"

#include <zstd_errors.h>

#include <algorithm>
#include <new>

#include "source/files/magic.h"

namespace ingot {

namespace {

constexpr int kMaxWindowLog = 27;
constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";

StreamFault no_frame(bool first) { return {first ? "not a zstd stream" : "other bytes follow the last zstd frame"}; }

StreamFault fault_of(size_t status, bool first) {
  switch (ZSTD_getErrorCode(status)) {
    case ZSTD_error_frameParameter_windowTooLarge:
      return {"its window is larger than 128 MiB", "compress it without --long, or with --long=27 at most"};
    case ZSTD_error_prefix_unknown:
      return no_frame(first);
    case ZSTD_error_checksum_wrong:
      return {"wrong checksum"};
    case ZSTD_error_dictionary_wrong:
      return {"a dictionary is needed", "compress it without a dictionary"};
    case ZSTD_error_memory_allocation:
      return {"not enough memory for its window"};
    default:
      return {ZSTD_getErrorName(status)};
  }
}

}  // namespace

Unzstd::Unzstd() : context_(ZSTD_createDCtx()) {
  if (!context_) throw std::bad_alloc();
  ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
}

void Unzstd::reset() {
  ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
  between_frames_ = true;
  any_frame_ = false;
  begin_frame();
}

void Unzstd::begin_frame() {
  header_size_ = 0;
  frame_bytes_ = 0;
}

// Do the frame's first bytes, as far as they are there, fit a magic number?
bool Unzstd::may_begin_frame(std::span<const char> in) const {
  std::array<char, kZstdMagic.size()> bytes;
  const size_t known = std::min(header_size_, bytes.size());
  const size_t added = std::min(in.size(), bytes.size() - known);
  std::copy_n(header_.data(), known, bytes.data());
  std::copy_n(in.data(), added, bytes.data() + known);
  const std::string_view start(bytes.data(), known + added);
  if (kZstdMagic.starts_with(start)) return true;
  return (start[0] & 0xf0) == 0x50 && kSkippableTail.starts_with(start.substr(1));
}

void Unzstd::keep_header(std::span<const char> in) {
  const size_t taken = std::min(in.size(), kMaxHeaderBytes - header_size_);
  std::copy_n(in.data(), taken, header_.data() + header_size_);
  header_size_ += taken;
}

// Of a frame that has ended.
bool Unzstd::has_declared_size() const {
  const unsigned long long declared = ZSTD_getFrameContentSize(header_.data(), header_size_);
  return declared == ZSTD_CONTENTSIZE_UNKNOWN || declared == frame_bytes_;
}

tl::expected<Progress, StreamFault> Unzstd::advance(std::span<const char> in, std::span<char> out) {
  ZSTD_inBuffer input{in.data(), in.size(), 0};
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  // Not called without need: it counts calls without progress, and takes an empty one for the start of a frame.
  while (input.pos < input.size || (!between_frames_ && output.pos < output.size)) {
    const size_t read = input.pos, written = output.pos;
    if (!may_begin_frame(in.subspan(read))) return tl::unexpected(no_frame(!any_frame_));
    const size_t left = ZSTD_decompressStream(context_.get(), &output, &input);
    if (ZSTD_isError(left)) return tl::unexpected(fault_of(left, !any_frame_));
    if (input.pos == read && output.pos == written) break;
    keep_header(in.subspan(read, input.pos - read));
    frame_bytes_ += output.pos - written;
    between_frames_ = left == 0;
    if (!between_frames_) continue;
    if (!has_declared_size()) return tl::unexpected(StreamFault{"wrong length"});
    any_frame_ = true;
    begin_frame();
  }
  return Progress{input.pos, output.pos};
}

}  // namespace ingot
