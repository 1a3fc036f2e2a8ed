#include "core/sql_text.h"

#include <gtest/gtest.h>

namespace ingot {

TEST(SqlText, QuotesIdentifiersAlways) {
  EXPECT_EQ(quote_identifier("name"), "\"name\"");
  EXPECT_EQ(quote_identifier("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(quote_identifier(""), "\"\"");
  EXPECT_EQ(quote_identifier("Käse; drop table x--"), "\"Käse; drop table x--\"");
}

TEST(SqlText, QuotesLiteralsWithoutEscapes) {
  EXPECT_EQ(quote_literal("it's"), "'it''s'");
  EXPECT_EQ(quote_literal("a\\b"), "'a\\b'");
}

}  // namespace ingot
