#include "engine/key_winners.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <unordered_map>

namespace ingot {

namespace {

constexpr uint64_t kBlocks = 40;
constexpr uint64_t kRecordsInBlock = 1000;
constexpr size_t kPlenty = 64 << 20;

// The key of a record: the same few keys all over, so that each is repeated in many blocks.
uint64_t key_of(uint64_t record) { return (record >> 32) * 7919 % 101 * 31 + (record & 0xffff) % 97; }

KeyWinners::Entry entry(uint64_t record) {
  const uint64_t key = key_of(record);
  return {key * 0x9E3779B97F4A7C15, key, record};
}

std::vector<uint64_t> all_records() {
  std::vector<uint64_t> records;
  for (uint64_t block = 0; block < kBlocks; ++block) {
    for (uint64_t ordinal = 0; ordinal < kRecordsInBlock; ++ordinal) records.push_back(block << 32 | ordinal);
  }
  return records;
}

// Adds all records in any order, by several threads.
Status add_all(KeyWinners& winners) {
  std::vector<uint64_t> records = all_records();
  std::shuffle(records.begin(), records.end(), std::mt19937_64(5));
  std::vector<Status> outcomes(4);
  {
    std::vector<std::jthread> threads;
    for (size_t t = 0; t < outcomes.size(); ++t) {
      threads.emplace_back([&, t] {
        std::vector<KeyWinners::Entry> entries;
        for (size_t i = t; i < records.size() && outcomes[t]; i += outcomes.size()) {
          entries.push_back(entry(records[i]));
          if (entries.size() == 100) outcomes[t] = winners.add(entries);
        }
        if (outcomes[t]) outcomes[t] = winners.add(entries);
      });
    }
  }
  for (Status& outcome : outcomes) INGOT_TRY(std::move(outcome));
  return {};
}

void expect_exactly_the_winners_stay(const KeyWinners& winners, Keep keep) {
  std::unordered_map<uint64_t, uint64_t> best;
  for (const uint64_t record : all_records()) {
    const auto [place, is_new] = best.emplace(key_of(record), record);
    if (!is_new && keep == Keep::last) place->second = record;
  }
  size_t wrong = 0;
  for (const uint64_t record : all_records()) wrong += winners.lost(record) == (best[key_of(record)] == record);
  EXPECT_EQ(wrong, 0u);
}

TEST(KeyWinners, KeepOneRecordOfEachKeyInMemoryAndSpilled) {
  for (const Keep keep : {Keep::last, Keep::first}) {
    // All in memory; spilled now and then; spilled with every call.
    for (const size_t memory : {kPlenty, size_t{100'000}, size_t{0}}) {
      KeyWinners winners(keep, testing::TempDir(), memory);
      ASSERT_TRUE(add_all(winners));
      ASSERT_TRUE(winners.decide());
      expect_exactly_the_winners_stay(winners, keep);
    }
  }
}

// So few are decided at once that each partition is read back in many slices.
TEST(KeyWinners, MoreInAPartitionThanCanBeDecidedAtOnce) {
  constexpr uint64_t kRecords = 200'000;
  constexpr uint64_t kKeys = 150'000;
  for (const Keep keep : {Keep::last, Keep::first}) {
    KeyWinners winners(keep, testing::TempDir(), 0);
    std::vector<KeyWinners::Entry> entries;
    for (uint64_t i = 0; i < kRecords; ++i) {
      const uint64_t key = i % kKeys;
      entries.push_back({key * 0x9E3779B97F4A7C15, key, i});
      if (entries.size() == 1000) ASSERT_TRUE(winners.add(entries));
    }
    ASSERT_TRUE(winners.decide());
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < kRecords; ++i) {
      const bool repeated = i % kKeys < kRecords - kKeys;
      wrong += winners.lost(i) != (repeated && (i < kKeys) == (keep == Keep::last));
    }
    EXPECT_EQ(wrong, 0u);
  }
}

TEST(KeyWinners, NoneIsLostWhereNoKeyIsRepeated) {
  KeyWinners winners(Keep::last, testing::TempDir(), kPlenty);
  std::vector<KeyWinners::Entry> entries;
  for (uint64_t i = 0; i < 1000; ++i) entries.push_back({i, i, i});
  ASSERT_TRUE(winners.add(entries));
  ASSERT_TRUE(winners.decide());
  EXPECT_FALSE(winners.any_lost());
}

TEST(KeyWinners, BothHalvesOfTheHashAreTheKey) {
  KeyWinners winners(Keep::last, testing::TempDir(), kPlenty);
  std::vector<KeyWinners::Entry> entries = {{64, 5, 0}, {128, 5, 1}, {64, 6, 2}};
  ASSERT_TRUE(winners.add(entries));
  ASSERT_TRUE(winners.decide());
  EXPECT_FALSE(winners.any_lost());
}

TEST(KeyWinners, SaysWhereItCannotSpill) {
  KeyWinners winners(Keep::last, "/nonexistent/folder", 0);
  const Status status = add_all(winners);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::resource);
  EXPECT_EQ(status.error().message, "cannot create a temporary file in /nonexistent/folder: No such file or directory");
}

}  // namespace

}  // namespace ingot
