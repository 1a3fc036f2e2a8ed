#include "models/order.h"

#include <gtest/gtest.h>

namespace ingot {

namespace {

class ModelOrder : public testing::Test {
 protected:
  ModelSpec& add(const std::string& name, const std::string& sql, std::vector<std::string> after = {}) {
    ModelSpec& model = models_.emplace_back();
    model.name = name;
    model.sql = sql;
    model.after = std::move(after);
    model.where = {"p.yaml", static_cast<int>(models_.size()), 3};
    return model;
  }
  std::string order() {
    const auto order = build_order(models_, connection_);
    if (!order) return order.error().to_string();
    std::string names;
    for (size_t i : *order) names += models_[i].name + " ";
    return names;
  }

  duckdb::DuckDB database_{nullptr};
  duckdb::Connection connection_{database_};
  std::vector<ModelSpec> models_;
};

TEST_F(ModelOrder, FollowsWhatTheQueriesRead) {
  add("c", "select * from b join a using (x)");
  add("b", "with d as (select * from A) select * from d");
  add("a", "select 1 as x");
  add("d", "select 2 as x");  // not the one of b's WITH
  EXPECT_EQ(order(), "a b c d ");
}

TEST_F(ModelOrder, ConstantsColumnsAndAliasesAreNoTables) {
  add("a", "select b, 'b' as c from t b where b.x = 'b'");
  add("b", "select 1 as x");
  EXPECT_EQ(order(), "a b ");
}

TEST_F(ModelOrder, InADialectThatDoesNotParseEveryNameCounts) {
  add("a", "select x::regclass from only (\"B\") -- c");
  add("b", "select 'a' as x");
  add("c", "select 1 as x");
  EXPECT_EQ(order(), "b a c ");
}

TEST_F(ModelOrder, AfterComesFirst) {
  add("a", "select 1 as x", {"s.b"});
  add("s.b", "select 1 as x");
  EXPECT_EQ(order(), "s.b a ");
}

TEST_F(ModelOrder, ACircleIsAnError) {
  add("a", "select * from b");
  add("b", "select * from s.c");
  add("s.c", "select 1 as x", {"a"});
  EXPECT_EQ(order(),
            "error: models depend on one another: a (line 1) → b (line 2) → s.c (line 3) → a (p.yaml:1:3)\n"
            "  hint: each reads the next");
}

TEST(NamesInSql, AreNeitherConstantsNorComments) {
  const std::vector<std::string> expected{"select", "a", "from", "b c", "where", "x", "and", "y"};
  EXPECT_EQ(names_in_sql("SELECT a /* d */ FROM \"B c\" WHERE 'e''f' = x AND y -- g"), expected);
  EXPECT_EQ(names_in_sql("'open"), std::vector<std::string>{});
  EXPECT_EQ(names_in_sql("\"open"), std::vector<std::string>{"open"});
}

}  // namespace

}  // namespace ingot
