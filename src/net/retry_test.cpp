#include "net/retry.h"

#include <gtest/gtest.h>

#include "net/content_range.h"

namespace ingot {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Retry, ReadsRetryAfter) {
  EXPECT_EQ(parse_retry_after("7", ""), seconds(7));
  EXPECT_EQ(parse_retry_after("Wed, 21 Oct 2026 07:28:10 GMT", "Wed, 21 Oct 2026 07:28:00 GMT"), seconds(10));
  EXPECT_EQ(parse_retry_after("Wed, 21 Oct 2026 07:27:00 GMT", "Wed, 21 Oct 2026 07:28:00 GMT"), seconds(0));
  EXPECT_EQ(parse_retry_after("soon", ""), std::nullopt);
  EXPECT_EQ(parse_retry_after("", ""), std::nullopt);
}

TEST(Retry, WaitsLongerAndAtRandom) {
  HttpLimits limits;
  limits.backoff = milliseconds(100);
  limits.max_backoff = milliseconds(1000);
  std::mt19937_64 random(1);
  milliseconds most[3] = {};
  for (int i = 0; i < 2000; ++i) {
    int n = 0;
    for (const int next : {2, 3, 9}) {
      const auto wait = backoff_before(next, limits, random);
      most[n] = std::max(most[n], wait);
      ++n;
    }
  }
  EXPECT_LE(most[0], milliseconds(100));
  EXPECT_GT(most[0], milliseconds(90));
  EXPECT_LE(most[1], milliseconds(200));
  EXPECT_GT(most[1], milliseconds(180));
  EXPECT_LE(most[2], milliseconds(1000));
}

TEST(Retry, HasABudget) {
  RetryBudget budget;
  int taken = 0;
  while (taken < 5000 && budget.take()) ++taken;
  EXPECT_EQ(taken, 1000);
  budget.earn();
  budget.earn();
  EXPECT_TRUE(budget.take());
  EXPECT_FALSE(budget.take());
}

TEST(ContentRange, IsReadStrictly) {
  const auto range = parse_content_range("bytes 5-9/100");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->size(), 5U);
  EXPECT_EQ(range->total, 100U);
  EXPECT_TRUE(parse_content_range("bytes 5-9/*"));
  for (const char* wrong : {"", "bytes 9-5/100", "bytes 5-9", "bytes 5-100/100", "bytes */100", "items 5-9/100",
                            "bytes 5-9/100x", "bytes -5/100"})
    EXPECT_FALSE(parse_content_range(wrong)) << wrong;
}

}  // namespace
}  // namespace ingot
