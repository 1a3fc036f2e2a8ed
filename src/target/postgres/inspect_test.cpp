#include <fmt/format.h>
#include <gtest/gtest.h>

#include "target/postgres/alter.h"
#include "target/postgres/postgres_fixture.h"

namespace ingot::postgres {

namespace {

// Tables that are refused before anything is loaded, each with its reason.
class PostgresInspect : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    role_ = "poor_" + database_;
    sql("CREATE ROLE " + role_ + " LOGIN; REVOKE ALL ON SCHEMA public FROM public; GRANT USAGE ON SCHEMA public TO " +
        role_);
  }
  void TearDown() override {
    sql("DROP OWNED BY " + role_ + "; DROP ROLE " + role_);
    PostgresTest::TearDown();
  }
  /// What is said of table x with a column `a integer`, `message|hint`; "" if it fits.
  std::string refusal(const std::string& url, const std::vector<std::string>& key = {}) {
    const auto shapes = inspect(*open(url), spec("x", {{"a", "integer"}}, key));
    return shapes ? "" : shapes.error().message + "|" + shapes.error().hint;
  }
  std::string poor() const { return fmt::format("{}?user={}", url_, role_); }

  std::string role_;
};

TEST_F(PostgresInspect, WhatIsNoTableOfRows) {
  sql("CREATE SEQUENCE x");
  EXPECT_EQ(refusal(url_), "table public.x: is not a table|");
  sql("DROP SEQUENCE x; CREATE MATERIALIZED VIEW x AS SELECT 1 AS a");
  EXPECT_EQ(refusal(url_), "table public.x: is a materialized view|name the table itself");
  sql("DROP MATERIALIZED VIEW x; CREATE TABLE x (a int); CREATE RULE no AS ON INSERT TO x DO INSTEAD NOTHING");
  EXPECT_EQ(refusal(url_), "table public.x: has rules, which COPY ignores|replace them by triggers");
}

TEST_F(PostgresInspect, Rights) {
  sql("CREATE TABLE x (a int PRIMARY KEY)");
  EXPECT_EQ(refusal(poor()), "table public.x: no right to insert|GRANT INSERT ON \"public\".\"x\" TO …");
  sql("GRANT INSERT ON x TO " + role_);
  EXPECT_EQ(refusal(poor()), "");
  EXPECT_EQ(refusal(poor(), {"a"}),
            "table public.x: no right to update and select|GRANT INSERT, UPDATE, SELECT ON \"public\".\"x\" TO …");
  sql("GRANT UPDATE, SELECT ON x TO " + role_);
  EXPECT_EQ(refusal(poor(), {"a"}), "");
}

TEST_F(PostgresInspect, TablesThatCannotBeCreated) {
  EXPECT_EQ(refusal(poor()),
            "table x does not exist, and there is no right to create it|GRANT CREATE ON SCHEMA \"public\" TO …, or let "
            "the table be created");
  sql("CREATE TABLE xs (a int)");
  EXPECT_EQ(refusal(poor()), "table x does not exist, and there is no right to create it|did you mean xs?");
  EXPECT_EQ(refusal(url_ + "?options=-c%20search_path%3Dnowhere"),
            "table x cannot be created: no schema of the search path exists|write schema.table");
  const auto keyed = inspect(*open(), spec("y", {{"j", "json"}}, {"j"}));
  ASSERT_FALSE(keyed);
  EXPECT_EQ(keyed.error().to_string(),
            "error: table public.y, column j: json cannot be a key\n  hint: declare it text");
}

TEST_F(PostgresInspect, TheNearestColumnIsNamed) {
  sql("CREATE TABLE x (aa int, other int)");
  EXPECT_EQ(refusal(url_), "table public.x: has no column a|did you mean aa?");
  sql("ALTER TABLE x DROP COLUMN aa");
  EXPECT_EQ(refusal(url_), "table public.x: has no column a|it has other; to.alter: add adds it");
}

TEST_F(PostgresInspect, ATypeIsNotWidenedIntoANarrowerOne) {
  sql("CREATE TABLE x (a numeric(10,2))");
  auto connection = PgConnection::open(Secret(url_));
  ASSERT_TRUE(connection);
  PgConnection* server = connection->get();
  const auto table = look_up(*server, *parse_table_name("x"));
  const TableState was{(*table)->name, (*table)->oid, *columns_of(*server, (*table)->oid)};
  EXPECT_EQ(was.columns, "a numeric(10,2)");
  ASSERT_TRUE(server->begin());
  EXPECT_TRUE(lock_unaltered(*server, was));
  server->rollback();
  sql("ALTER TABLE x ALTER a TYPE numeric(14,4)");
  ASSERT_TRUE(server->begin());
  const auto altered = lock_unaltered(*server, was);
  ASSERT_FALSE(altered);
  EXPECT_EQ(altered.error().to_string(),
            "error: table public.x was altered while the run was under way\n  hint: run again");
}

}  // namespace

}  // namespace ingot::postgres
