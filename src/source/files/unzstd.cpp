#include "source/files/unzstd.h"

#include <zstd_errors.h>

#include <new>

namespace ingot {

namespace {

constexpr int kMaxWindowLog = 27;

StreamFault fault_of(size_t status, bool first) {
  switch (ZSTD_getErrorCode(status)) {
    case ZSTD_error_frameParameter_windowTooLarge:
      return {"its window is larger than 128 MiB", "compress it without --long, or with --long=27 at most"};
    case ZSTD_error_prefix_unknown:
      return {first ? "not a zstd stream" : "other bytes follow the last zstd frame"};
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
}

tl::expected<Progress, StreamFault> Unzstd::advance(std::span<const char> in, std::span<char> out) {
  ZSTD_inBuffer input{in.data(), in.size(), 0};
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  // Not called without need: it counts calls without progress, and takes an empty one for the start of a frame.
  while (input.pos < input.size || (!between_frames_ && output.pos < output.size)) {
    const size_t before = input.pos + output.pos;
    const size_t left = ZSTD_decompressStream(context_.get(), &output, &input);
    if (ZSTD_isError(left)) return tl::unexpected(fault_of(left, !any_frame_));
    if (input.pos + output.pos == before) break;
    between_frames_ = left == 0;
    any_frame_ = any_frame_ || between_frames_;
  }
  return Progress{input.pos, output.pos};
}

}  // namespace ingot
