#include "source/files/unlz4.h"

#include <algorithm>
#include <new>
#include <string_view>

#include "source/files/magic.h"

namespace ingot {

namespace {

constexpr std::string_view kLz4Magic = "\x04\x22\x4d\x18";
constexpr char kHasDictionary = 1;

LZ4F_dctx* make_context() {
  LZ4F_dctx* context = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) != 0) throw std::bad_alloc();
  return context;
}

}  // namespace

Unlz4::Unlz4() : context_(make_context()) {}

void Unlz4::reset() {
  LZ4F_resetDecompressionContext(context_.get());
  header_size_ = 0;
  any_frame_ = false;
}

void Unlz4::keep_header(std::span<const char> in) {
  const size_t taken = std::min(in.size(), header_.size() - header_size_);
  std::copy_n(in.data(), taken, header_.data() + header_size_);
  header_size_ += taken;
}

bool Unlz4::wants_dictionary() const {
  const std::string_view header(header_.data(), header_size_);
  return header.size() == header_.size() && header.starts_with(kLz4Magic) && (header.back() & kHasDictionary) != 0;
}

StreamFault Unlz4::fault_of(size_t status) const {
  const std::string_view start(header_.data(), std::min(header_size_, kLz4Magic.size()));
  const bool is_frame = kLz4Magic.starts_with(start) || start.substr(1) == kSkippableTail;
  if (is_frame) return {LZ4F_getErrorName(status)};
  return {any_frame_ ? "other bytes follow the last lz4 frame" : "not an lz4 frame"};
}

tl::expected<Progress, StreamFault> Unlz4::advance(std::span<const char> in, std::span<char> out) {
  Progress total;
  while (total.consumed < in.size() || (header_size_ > 0 && total.produced < out.size())) {
    size_t consumed = in.size() - total.consumed, produced = out.size() - total.produced;
    const size_t left = LZ4F_decompress(context_.get(), out.data() + total.produced, &produced,
                                        in.data() + total.consumed, &consumed, nullptr);
    const bool failed = LZ4F_isError(left) != 0;
    keep_header(failed ? in.subspan(total.consumed) : in.subspan(total.consumed, consumed));
    if (wants_dictionary()) {
      return tl::unexpected(StreamFault{"a dictionary is needed", "compress it without a dictionary"});
    }
    if (failed) return tl::unexpected(fault_of(left));
    total.consumed += consumed;
    total.produced += produced;
    if (left == 0 && header_size_ > 0) {
      header_size_ = 0;
      any_frame_ = true;
    } else if (consumed == 0 && produced == 0) {
      break;
    }
  }
  return total;
}

}  // namespace ingot
