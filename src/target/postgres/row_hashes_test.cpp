#include "target/postgres/row_hashes.h"

#include <gtest/gtest.h>

#include <string>

namespace ingot::postgres {

namespace {

TEST(RowHashes, HoldsWhatWasAddedAndNothingElse) {
  RowHashes rows(0, 1 << 20);
  EXPECT_FALSE(rows.contains("a"));
  for (int i = 0; i < 5000; ++i) rows.add("row " + std::to_string(i));  // grows several times
  for (int i = 0; i < 5000; ++i) EXPECT_TRUE(rows.contains("row " + std::to_string(i))) << i;
  for (int i = 5000; i < 10000; ++i) EXPECT_FALSE(rows.contains("row " + std::to_string(i))) << i;
  EXPECT_EQ(rows.size(), 5000u);
}

TEST(RowHashes, ARepeatedRowIsOne) {
  RowHashes rows(1, 1 << 20);
  rows.add("");
  rows.add("");
  EXPECT_EQ(rows.size(), 1u);
  EXPECT_TRUE(rows.contains(""));
}

TEST(RowHashes, KeepsToTheMemoryThatItNames) {
  EXPECT_EQ(RowHashes::bytes_of(0), 1024u * 16);
  EXPECT_EQ(RowHashes::bytes_of(512), 1024u * 16);
  EXPECT_EQ(RowHashes::bytes_of(513), 2048u * 16);
  RowHashes rows(0, 2048 * 16);
  for (int i = 0; i < 5000; ++i) rows.add(std::to_string(i));
  EXPECT_EQ(rows.size(), 1024u);
  EXPECT_TRUE(rows.contains("7"));
  EXPECT_FALSE(rows.contains("4000"));
}

}  // namespace

}  // namespace ingot::postgres
