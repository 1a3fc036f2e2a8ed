#include "format/csv/classify.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace ingot::csv {

namespace {

uint64_t prefix_xor(uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

}  // namespace

void classify_plain(const char* bytes, size_t blocks, const Dialect& dialect, Masks* out) {
  for (size_t block = 0; block < blocks; ++block, bytes += 64) {
    Masks masks{};
    for (int i = 0; i < 64; ++i) {
      const char c = bytes[i];
      masks.quote |= uint64_t{c == dialect.quote && c != 0} << i;
      masks.newline |= uint64_t{c == dialect.newline} << i;
      masks.separator |= uint64_t{c == dialect.newline || c == dialect.delimiter} << i;
    }
    masks.parity = prefix_xor(masks.quote);
    out[block] = masks;
  }
}

#if defined(__x86_64__)

void classify_sse2(const char* bytes, size_t blocks, const Dialect& dialect, Masks* out) {
  const __m128i quote = _mm_set1_epi8(dialect.quote);
  const __m128i delimiter = _mm_set1_epi8(dialect.delimiter);
  const __m128i newline = _mm_set1_epi8(dialect.newline);
  const uint64_t quotes_exist = dialect.quote == 0 ? 0 : ~uint64_t{0};
  for (size_t block = 0; block < blocks; ++block, bytes += 64) {
    uint64_t q = 0, d = 0, n = 0;
    for (int i = 0; i < 4; ++i) {
      const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes) + i);
      const auto bits = [&](__m128i c) {
        return static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(v, c)))) << (16 * i);
      };
      q |= bits(quote);
      d |= bits(delimiter);
      n |= bits(newline);
    }
    q &= quotes_exist;
    out[block] = {q, d | n, n, q == 0 ? 0 : prefix_xor(q)};
  }
}

__attribute__((target("avx2,pclmul"))) void classify_avx2(const char* bytes, size_t blocks, const Dialect& dialect,
                                                          Masks* out) {
  const __m256i quote = _mm256_set1_epi8(dialect.quote);
  const __m256i delimiter = _mm256_set1_epi8(dialect.delimiter);
  const __m256i newline = _mm256_set1_epi8(dialect.newline);
  const __m128i ones = _mm_set1_epi8(-1);
  const uint64_t quotes_exist = dialect.quote == 0 ? 0 : ~uint64_t{0};
  for (size_t block = 0; block < blocks; ++block, bytes += 64) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + 32));
    const auto bits = [&](__m256i c) __attribute__((target("avx2,pclmul"))) {
      const auto l = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, c)));
      const auto h = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, c)));
      return l | uint64_t{h} << 32;
    };
    const uint64_t q = bits(quote) & quotes_exist;
    const uint64_t n = bits(newline);
    // Multiplying by all ones without carries adds up, modulo two, each bit and those below it.
    const __m128i parity = _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<int64_t>(q)), ones, 0);
    out[block] = {q, bits(delimiter) | n, n, static_cast<uint64_t>(_mm_cvtsi128_si64(parity))};
  }
}

bool avx2_usable() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul"); }

Classify best_classify() { return avx2_usable() ? classify_avx2 : classify_sse2; }

#else

bool avx2_usable() { return false; }

Classify best_classify() { return classify_plain; }

#endif

}  // namespace ingot::csv
