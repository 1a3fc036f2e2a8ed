#include "target/postgres/numeric.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "postgres/wire.h"
#include "target/postgres/postgres_fixture.h"

namespace ingot::postgres {

namespace {

std::string digits(int128 value, int scale) {
  const bool negative = value < 0;
  std::string text;
  for (int128 v = negative ? -value : value; v > 0; v /= 10)
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(v % 10)));
  while (static_cast<int>(text.size()) <= scale) text.insert(text.begin(), '0');
  if (scale > 0) text.insert(text.size() - static_cast<size_t>(scale), ".");
  return (negative ? "-" : "") + text;
}

// The server itself reads what is encoded.
class PostgresNumeric : public PostgresTest {};

TEST_F(PostgresNumeric, EveryScaleAndLength) {
  sql("CREATE TABLE t (i bigint, v numeric)");
  std::mt19937_64 random(7);
  std::vector<std::string> expected;
  RowWriter rows;
  for (int scale = 0; scale <= 38; ++scale) {
    int128 value = 0;
    for (int length = 0; length <= 38; ++length) {
      for (const int128 v : {value, -value}) {
        char encoded[kMaxNumericBytes];
        rows.begin_row(2);
        rows.int8(static_cast<int64_t>(expected.size()));
        rows.text({encoded, encode_numeric(v, static_cast<uint8_t>(scale), encoded)});
        expected.push_back(digits(v, scale));
      }
      // Zeros and nines often, since groups of them are left out or carried.
      const uint64_t pick = random() % 4;
      if (length < 38) value = value * 10 + (pick == 0 ? 0 : pick == 1 ? 9 : static_cast<int>(random() % 10));
      if (length == 0 && value == 0) value = 1;
    }
  }
  rows.finish();
  ASSERT_TRUE(other_->start_copy("COPY t FROM STDIN (FORMAT binary)"));
  ASSERT_TRUE(other_->put_copy(rows.bytes()));
  const auto taken = other_->end_copy();
  ASSERT_TRUE(taken) << taken.error().to_string();
  const auto back = other_->query("SELECT v, v = v::text::numeric FROM t ORDER BY i");
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(back->text(static_cast<int>(i), 0), expected[i]);
    EXPECT_EQ(back->text(static_cast<int>(i), 1), "t") << expected[i];
  }
}

}  // namespace

}  // namespace ingot::postgres
