#include "target/postgres/row_hashes.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>

#include "core/random_seed.h"

namespace ingot::postgres {

namespace {

constexpr size_t kLeastPlaces = 1024;

size_t places_for(size_t rows) { return std::bit_ceil(std::max(rows * 2, kLeastPlaces)); }

}  // namespace

RowHashes::RowHashes(size_t expected, uint64_t max_bytes)
    : seed_(random_seed()), max_bytes_(max_bytes), places_(places_for(expected)) {}

uint64_t RowHashes::bytes_of(uint64_t rows) { return places_for(rows) * sizeof(Hash); }

RowHashes::Hash RowHashes::hash_of(std::string_view fields) const {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(fields.data(), fields.size(), seed_);
  return {hash.low64, hash.high64};
}

const RowHashes::Hash& RowHashes::place_of(const Hash& hash) const {
  const size_t mask = places_.size() - 1;
  size_t at = hash.low & mask;
  while (!places_[at].empty() && places_[at] != hash) at = (at + 1) & mask;
  return places_[at];
}

void RowHashes::insert(const Hash& hash) {
  Hash& place = const_cast<Hash&>(place_of(hash));
  if (!place.empty()) return;
  place = hash;
  ++size_;
}

void RowHashes::add(std::string_view fields) {
  const Hash hash = hash_of(fields);
  if (hash.empty()) return;  // stands for a free place: such a row counts as not known
  if ((size_ + 1) * 2 > places_.size()) {
    if (places_.size() * 2 * sizeof(Hash) > max_bytes_) return;
    std::vector<Hash> old(places_.size() * 2);
    old.swap(places_);
    size_ = 0;
    for (const Hash& kept : old) {
      if (!kept.empty()) insert(kept);
    }
  }
  insert(hash);
}

bool RowHashes::contains(std::string_view fields) const {
  const Hash hash = hash_of(fields);
  return !hash.empty() && !place_of(hash).empty();
}

}  // namespace ingot::postgres
