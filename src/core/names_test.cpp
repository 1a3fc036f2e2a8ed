#include "core/names.h"

#include <gtest/gtest.h>

#include <vector>

namespace ingot {
namespace {

const std::vector<std::string> kNames{"postgres", "duckdb", "dynamodb", "s3", "parquet"};

TEST(NearestName, FindsWhatWasMeant) {
  EXPECT_EQ(nearest_name("postgress", kNames), "postgres");  // one too many
  EXPECT_EQ(nearest_name("postgre", kNames), "postgres");    // one missing
  EXPECT_EQ(nearest_name("pastgres", kNames), "postgres");   // one wrong
  EXPECT_EQ(nearest_name("ducbkd", kNames), "duckdb");       // two swaps
  EXPECT_EQ(nearest_name("PARQUET", kNames), "parquet");
  EXPECT_EQ(nearest_name("s4", kNames), "s3");
}

TEST(NearestName, CountsASwapAsOneEdit) {
  const std::vector<std::string> names{"key"};
  EXPECT_EQ(nearest_name("kye", names), "key");
}

TEST(NearestName, TakesHabitsOfSpellingAsNothing) {
  const std::vector<std::string> names{"unit_prices", "Unit Price", "a.b-c.d"};
  EXPECT_EQ(nearest_name("UNIT_PRICE", names), "Unit Price");
  EXPECT_EQ(nearest_name("abcd", names), "a.b-c.d");
  EXPECT_EQ(nearest_name("_", names), "");
}

TEST(NearestName, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(nearest_name("oracle", kNames), "");
  EXPECT_EQ(nearest_name("", kNames), "");
  EXPECT_EQ(nearest_name("x", std::vector<std::string>{"y"}), "");
  EXPECT_EQ(nearest_name(std::string(100'000, 'a'), kNames), "");
  EXPECT_EQ(nearest_name("postgres", {}), "");
}

TEST(NearestName, PrefersTheNearestThenTheFirst) {
  const std::vector<std::string> names{"models", "mode", "modes"};
  EXPECT_EQ(nearest_name("modes", names), "modes");
  EXPECT_EQ(nearest_name("modea", names), "mode");
}

TEST(JoinNames, PutsCommasBetween) {
  EXPECT_EQ(join_names(std::vector<std::string>{"a", "b", "c"}), "a, b, c");
  EXPECT_EQ(join_names(std::vector<std::string>{"a"}), "a");
  EXPECT_EQ(join_names({}), "");
}

}  // namespace
}  // namespace ingot
