#include "target/files/partitions.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

TEST(PartitionFolder, IsNamedAsHiveNamesIt) {
  EXPECT_EQ(partition_folder("day", "2024-01-31"), "day=2024-01-31");
  EXPECT_EQ(partition_folder("c", "é + 1"), "c=é + 1");
  EXPECT_EQ(partition_folder("a=b", "x/y:%z\n"), "a%3Db=x%2Fy%3A%25z%0A");
  EXPECT_EQ(partition_folder("c", "a\x7F[*?]"), "c=a%7F%5B%2A%3F%5D");
}

TEST(PartitionFolder, NullIsNoText) {
  EXPECT_EQ(partition_folder("c", std::nullopt), "c=__HIVE_DEFAULT_PARTITION__");
  EXPECT_EQ(partition_folder("c", ""), "c=");
  EXPECT_EQ(partition_folder("c", "__HIVE_DEFAULT_PARTITION__"), "c=%5F_HIVE_DEFAULT_PARTITION__");
}

}  // namespace
}  // namespace ingot
