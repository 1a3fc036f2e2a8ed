#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <tl/expected.hpp>

namespace ingot {

/// Says why a stream cannot be decompressed. Static texts.
struct StreamFault {
  std::string_view what;
  std::string_view hint = {};
};

struct Progress {
  size_t consumed = 0;
  size_t produced = 0;
};

/// Decompresses a stream that is pushed in pieces of any size, over all its members or frames. Uses bounded memory
/// whatever the ratio. One thread at a time.
class Decompressor {
 public:
  virtual ~Decompressor() = default;

  /// Begins a new stream, whatever the previous one ended like.
  virtual void reset() = 0;

  /// Goes on until `in` is used up or `out` is full. No progress at all means: more input, or the end. A fault is
  /// final until reset().
  virtual tl::expected<Progress, StreamFault> advance(std::span<const char> in, std::span<char> out) = 0;

  /// Returns whether the stream may end here: all checks of the last member have passed, and nothing follows it.
  virtual bool complete() const = 0;

  /// Returns the bytes held; decides whether keeping it for the next file is worth them.
  virtual size_t memory_bytes() const = 0;
};

enum class Compression { none, gzip, zstd, bzip2, xz, lz4 };

/// Returns "gzip", "zstd", ….
std::string_view name_of(Compression compression);

/// Makes the decompressor; nullptr for none.
std::unique_ptr<Decompressor> make_decompressor(Compression compression);

}  // namespace ingot
