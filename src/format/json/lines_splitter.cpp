#include "format/json/lines_splitter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "format/json/record_index.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ingot::json {

namespace {

class LinesSplitter final : public Splitter {
 public:
  explicit LinesSplitter(size_t max_bytes) : max_bytes_(max_bytes) {}

  Result<Cut> split(std::string_view data, size_t seen, bool last) override {
    if (data.size() > max_bytes_) {
      return fail(Code::source_unreadable, fmt::format("a line is longer than {} MiB", max_bytes_ >> 20));
    }
    Cut cut;
    if (last) {
      cut.bytes = data.size();
    } else if (const void* newline = memrchr(data.data() + seen, '\n', data.size() - seen)) {
      cut.bytes = static_cast<size_t>(static_cast<const char*>(newline) - data.data()) + 1;
    }
    cut.newlines = count_newlines(data.substr(0, cut.bytes));
    return cut;
  }

 private:
  const size_t max_bytes_;
};

}  // namespace

std::unique_ptr<Splitter> make_lines_splitter(size_t max_bytes) { return std::make_unique<LinesSplitter>(max_bytes); }

uint64_t count_newlines(std::string_view text) {
  uint64_t count = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
#if defined(__SSE2__)
  const __m128i newlines = _mm_set1_epi8('\n');
  while (end - at >= 64) {
    // Each byte of `sums` counts its own column, and can do so 255 times.
    const size_t rounds = std::min<size_t>(static_cast<size_t>(end - at) / 64, 255 / 4);
    __m128i sums = _mm_setzero_si128();
    for (size_t i = 0; i < rounds; ++i, at += 64) {
      const auto is_newline = [&](int column) {
        return _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at + column)), newlines);
      };
      const __m128i first = _mm_add_epi8(is_newline(0), is_newline(16));
      const __m128i second = _mm_add_epi8(is_newline(32), is_newline(48));
      sums = _mm_sub_epi8(sums, _mm_add_epi8(first, second));  // equal is -1
    }
    const __m128i halves = _mm_sad_epu8(sums, _mm_setzero_si128());
    count += static_cast<uint64_t>(_mm_cvtsi128_si64(halves) + _mm_cvtsi128_si64(_mm_unpackhi_epi64(halves, halves)));
  }
#endif
  for (; at != end; ++at) count += *at == '\n';
  return count;
}

}  // namespace ingot::json
