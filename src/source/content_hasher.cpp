#include "source/content_hasher.h"

#include <fmt/format.h>

#include <new>

namespace ingot {

ContentHasher::ContentHasher(const ContentHasher& other) : whole_(other.whole_) {
  if (!other.state_) return;
  make_state();
  XXH3_copyState(state_.get(), other.state_.get());
}

void ContentHasher::make_state() {
  state_.reset(XXH3_createState());
  if (!state_) throw std::bad_alloc();
}

void ContentHasher::add(const char* data, size_t size) {
  if (!state_) {
    make_state();
    XXH3_128bits_reset(state_.get());
  }
  XXH3_128bits_update(state_.get(), data, size);
}

void ContentHasher::add_whole(const char* data, size_t size) { whole_ = XXH3_128bits(data, size); }

std::string ContentHasher::text() const {
  const XXH128_hash_t hash = state_ ? XXH3_128bits_digest(state_.get()) : whole_;
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace ingot
