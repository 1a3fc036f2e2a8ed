#include "core/byte_count.h"

#include <gtest/gtest.h>

namespace ingot {

namespace {

TEST(ByteCount, ReadsWhatPeopleWrite) {
  EXPECT_EQ(parse_byte_count("4096"), 4096u);
  EXPECT_EQ(parse_byte_count("64MiB"), 64u << 20);
  EXPECT_EQ(parse_byte_count("1.5kb"), 1500u);
  EXPECT_EQ(parse_byte_count("2G"), 2'000'000'000u);
  for (const char* wrong : {"", "MiB", "1.2.3MiB", "-1", "5 MiB", "5TiB", "99999999999999999999GiB", "1e3"}) {
    EXPECT_FALSE(parse_byte_count(wrong)) << wrong;
  }
}

TEST(ByteCount, IsWrittenInTheLargestUnitThatDividesIt) {
  EXPECT_EQ(byte_count_text(256 << 20), "256 MiB");
  EXPECT_EQ(byte_count_text(uint64_t{3} << 30), "3 GiB");
  EXPECT_EQ(byte_count_text(1536), "1536 B");
  EXPECT_EQ(byte_count_text(0), "0 B");
}

}  // namespace

}  // namespace ingot
