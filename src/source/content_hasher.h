#pragma once

#include <xxhash.h>

#include <cstddef>
#include <memory>
#include <string>

namespace ingot {

/// Computes XXH3-128 of bytes that arrive in pieces. The text is that of `xxh128sum`.
class ContentHasher {
 public:
  ContentHasher() = default;
  /// Goes on from what another has seen so far.
  ContentHasher(const ContentHasher& other);
  ContentHasher& operator=(const ContentHasher& other) = delete;
  ContentHasher(ContentHasher&&) = default;
  ContentHasher& operator=(ContentHasher&&) = default;

  void add(const char* data, size_t size);

  /// Adds everything there will ever be: spares a small file the streaming state. Only as the first and last call.
  void add_whole(const char* data, size_t size);

  /// Returns 32 hex digits.
  std::string text() const;

 private:
  struct FreeState {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  void make_state();

  std::unique_ptr<XXH3_state_t, FreeState> state_;
  XXH128_hash_t whole_ = XXH3_128bits(nullptr, 0);  // of no bytes, until told otherwise
};

}  // namespace ingot
