#include "target/postgres/merge.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "target/postgres/load_plan.h"
#include "target/postgres/postgres_fixture.h"

namespace ingot::postgres {

namespace {

// A stage and what becomes of it, without the session around it.
class PostgresMerge : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    sql("CREATE TABLE t (a int PRIMARY KEY, b int); INSERT INTO t VALUES (1, NULL), (2, 5), (3, NULL), (4, 7)");
    target_ = open();  // the engine learns to COPY
    server_ = std::move(*PgConnection::open(Secret(url_)));
    plan_ = *make_load_plan(std::move(**look_up(*server_, {"public", "t"})), table_);
    ASSERT_TRUE(server_->run("BEGIN"));
  }
  Status fill(Stage& stage, const std::string& query) {
    INGOT_TRY(stage.create());
    const TableShape shape{{"public", "t"}, true, "", {}, {*parse_type("integer"), *parse_type("integer")}, true};
    QueryRows rows(engine_, table_, shape, with_address(query));
    return stage.fill(rows, {});
  }

  const TableSpec table_ = spec("t", {{"a", "integer"}, {"b", "integer"}}, {"a"});
  std::unique_ptr<Target> target_;
  std::unique_ptr<PgConnection> server_;
  LoadPlan plan_;
};

TEST_F(PostgresMerge, NullsDifferFromValuesAndNotFromOneAnother) {
  Stage stage(*server_, plan_, StageBooks::none, StageForm::typed);
  ASSERT_TRUE(fill(stage,
                   "SELECT unnest([1, 2, 3, 4, 5])::INTEGER AS a, unnest([NULL, NULL, 6, 7, NULL])::INTEGER AS b, "
                   "unnest([0, 1, 2, 3, 4]) AS n, 0 AS u"));
  Merge merge(*server_, plan_, stage);
  ASSERT_EQ(merge.run().value(), Merge::Outcome::done);
  const Merge::Counts counts = merge.by_unit().at(0);
  EXPECT_EQ(fmt::format("{}/{}/{}", counts.staged, counts.matched, counts.changed), "5/4/2");
  ASSERT_TRUE(server_->run("COMMIT"));
  EXPECT_EQ(value("SELECT string_agg(a || ':' || coalesce(b::text, '-'), ' ' ORDER BY a) FROM t"),
            "1:- 2:- 3:6 4:7 5:-");
}

// A stage that lost rows (an unlogged table is emptied when the server recovers) must not pass for a small one.
TEST_F(PostgresMerge, AStageThatLostRowsIsNoticed) {
  Stage stage(*server_, plan_, StageBooks::none, StageForm::typed);
  ASSERT_TRUE(fill(stage, "SELECT i::INTEGER AS a, 0::INTEGER AS b, i AS n, 0 AS u FROM range(1000) r(i)"));
  ASSERT_TRUE(server_->run("DELETE FROM " + stage.name() + " WHERE c0 >= 500"));
  Merge merge(*server_, plan_, stage);
  const auto outcome = merge.run();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::books_broken);
  EXPECT_EQ(outcome.error().message, "the stage has 500 rows instead of 1000");
}

TEST_F(PostgresMerge, RowsThatWereNotStagedAreNoticed) {
  // A trigger on the stage stands for whatever may lose rows on their way.
  Stage stage(*server_, plan_, StageBooks::none, StageForm::typed);
  ASSERT_TRUE(stage.create());
  ASSERT_TRUE(
      server_->run("CREATE FUNCTION pg_temp.drop_some() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.c0 < 3 "
                   "THEN RETURN NULL; END IF; RETURN new; END $$; CREATE TRIGGER lose BEFORE INSERT ON " +
                   stage.name() + " FOR EACH ROW EXECUTE FUNCTION pg_temp.drop_some()"));
  const TableShape shape{{"public", "t"}, true, "", {}, {*parse_type("integer"), *parse_type("integer")}, true};
  QueryRows rows(engine_, table_, shape,
                 with_address("SELECT i::INTEGER AS a, 0::INTEGER AS b, i AS n, 0 AS u FROM range(10) r(i)"));
  const auto filled = stage.fill(rows, {});
  ASSERT_FALSE(filled);
  EXPECT_EQ(filled.error().code, Code::books_broken);
  EXPECT_EQ(filled.error().message, "staged 7 of 10 rows");
}

TEST_F(PostgresMerge, TheStageGoesWithItsTransaction) {
  Stage stage(*server_, plan_, StageBooks::none, StageForm::typed);
  ASSERT_TRUE(stage.create());
  ASSERT_TRUE(server_->run("COMMIT"));
  EXPECT_EQ(server_->query("SELECT count(*) FROM pg_class WHERE relname LIKE 'ingot%'")->string(0, 0), "0");
}

}  // namespace

}  // namespace ingot::postgres
