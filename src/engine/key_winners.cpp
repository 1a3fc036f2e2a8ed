#include "engine/key_winners.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "core/random_seed.h"

namespace ingot {

namespace {

constexpr size_t kFewEntries = 256;        // what a small load takes of each partition
constexpr size_t kPieceEntries = 1 << 15;  // read back at once
// Entries that are decided at once, with two to four slots each, take half of what all may take in memory.
constexpr size_t kBytesDecided = 2 * (sizeof(KeyWinners::Entry) + 4 * sizeof(uint32_t));

Result<int> unlinked_file(const std::string& dir) {
  std::string path = dir + "/ingot-keys-XXXXXX";
  const int file = ::mkstemp(path.data());
  if (file < 0)
    return fail(Code::resource, fmt::format("cannot create a temporary file in {}: {}", dir, std::strerror(errno)));
  ::unlink(path.c_str());
  return file;
}

Status write_all(int file, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(file, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0)
      return fail(Code::resource, fmt::format("cannot write a temporary file: {}", std::strerror(errno)));
    data += written;
    size -= static_cast<size_t>(written);
  }
  return {};
}

Status read_at(int file, char* data, size_t size, uint64_t offset) {
  while (size > 0) {
    const ssize_t got = ::pread(file, data, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      return fail(Code::resource, fmt::format("cannot read a temporary file back: {}", std::strerror(errno)));
    data += got;
    size -= static_cast<size_t>(got);
    offset += static_cast<uint64_t>(got);
  }
  return {};
}

}  // namespace

KeyWinners::KeyWinners(Keep keep, std::string temp_dir, size_t max_bytes)
    : keep_(keep),
      temp_dir_(std::move(temp_dir)),
      capacity_(std::max<size_t>(max_bytes / kPartitions / sizeof(Entry), kFewEntries)),
      slice_(std::max<size_t>(max_bytes / kBytesDecided, kFewEntries)),
      seed_(random_seed()) {}

KeyWinners::~KeyWinners() {
  for (Partition& partition : partitions_) {
    if (partition.file >= 0) ::close(partition.file);
  }
}

Status KeyWinners::add(std::vector<Entry>& entries) {
  std::lock_guard lock(mutex_);
  for (const Entry& entry : entries) {
    Partition& partition = partitions_[entry.high % kPartitions];
    if (partition.entries.size() == capacity_) INGOT_TRY(spill(partition));
    // Two steps, not a doubling: what is given back between other allocations stays with the process.
    if (partition.entries.size() == partition.entries.capacity())
      partition.entries.reserve(partition.entries.empty() ? kFewEntries : capacity_);
    partition.entries.push_back(entry);
  }
  entries.clear();
  return {};
}

Status KeyWinners::spill(Partition& partition) {
  if (partition.file < 0) {
    INGOT_ASSIGN(partition.file, unlinked_file(temp_dir_));
  }
  INGOT_TRY(write_all(partition.file, reinterpret_cast<const char*>(partition.entries.data()),
                      partition.entries.size() * sizeof(Entry)));
  partition.spilled += partition.entries.size();
  partition.entries.clear();  // its memory is used again
  return {};
}

Status KeyWinners::decide() {
  for (Partition& partition : partitions_) {
    INGOT_TRY(decide_partition(partition));
    partition.entries = {};
  }
  return {};
}

Status KeyWinners::decide_partition(Partition& partition) {
  const uint64_t slices = 1 + (partition.spilled + partition.entries.size()) / slice_;
  if (slices > 1) INGOT_TRY(spill(partition));
  if (partition.spilled == 0) {
    decide_slice(partition.entries);
    return {};
  }
  std::vector<Entry> entries = std::move(partition.entries);
  for (uint64_t slice = 0; slice < slices; ++slice) {
    INGOT_TRY(read_slice(partition, slice, slices, entries));
    decide_slice(entries);
    entries.clear();
  }
  ::close(partition.file);
  partition.file = -1;
  return {};
}

// Adds those spilled entries whose keys fall to the slice.
Status KeyWinners::read_slice(const Partition& partition, uint64_t slice, uint64_t slices,
                              std::vector<Entry>& entries) const {
  entries.reserve(entries.size() + partition.spilled / slices);
  std::vector<Entry> piece(std::min<uint64_t>(partition.spilled, kPieceEntries));
  for (uint64_t at = 0; at < partition.spilled; at += piece.size()) {
    piece.resize(std::min<uint64_t>(partition.spilled - at, kPieceEntries));
    INGOT_TRY(read_at(partition.file, reinterpret_cast<char*>(piece.data()), piece.size() * sizeof(Entry),
                      at * sizeof(Entry)));
    std::copy_if(piece.begin(), piece.end(), std::back_inserter(entries),
                 [&](const Entry& entry) { return entry.high / kPartitions % slices == slice; });
  }
  return {};
}

void KeyWinners::decide_slice(const std::vector<Entry>& entries) {
  // Open addressing over indexes: the best entry so far of each key.
  size_t slots = 16;
  while (slots < entries.size() * 2) slots *= 2;
  std::vector<uint32_t> table(slots, UINT32_MAX);
  for (uint32_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    for (size_t slot = entry.low & (slots - 1);; slot = (slot + 1) & (slots - 1)) {
      if (table[slot] == UINT32_MAX) {
        table[slot] = i;
        break;
      }
      const Entry& other = entries[table[slot]];
      if (other.low != entry.low || other.high != entry.high) continue;
      const bool wins = keep_ == Keep::last ? entry.record > other.record : entry.record < other.record;
      mark(wins ? other.record : entry.record);
      if (wins) table[slot] = i;
      break;
    }
  }
}

void KeyWinners::mark(uint64_t record) {
  const uint64_t block = record >> 32;
  const uint32_t ordinal = static_cast<uint32_t>(record);
  if (block >= losers_.size()) losers_.resize(block + 1);
  auto& bits = losers_[block];
  if ((ordinal >> 6) >= bits.size()) bits.resize((ordinal >> 6) + 1);
  bits[ordinal >> 6] |= uint64_t{1} << (ordinal & 63);
}

}  // namespace ingot
