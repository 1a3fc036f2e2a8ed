#include <fmt/format.h>
#include <gtest/gtest.h>

#include "target/postgres/postgres_fixture.h"

namespace ingot::postgres {

namespace {

// Batches that are loaded ahead of their turn, by one session each.
class PostgresAhead : public PostgresTest {
 protected:
  struct Batch {
    std::unique_ptr<Session> session;
    std::unique_ptr<QueryRows> rows;
    uint32_t unit = 0;
  };

  void SetUp() override {
    PostgresTest::SetUp();
    sql("CREATE TABLE t (a int, b int)");
    sql("CREATE TABLE k (a int PRIMARY KEY, b int)");
    target_ = open();
    ASSERT_TRUE(target_->ledger().create());
    run_ = target_->ledger().begin_run(key_).value();
    claim_ = {key_, 1, run_};
    std::vector<PlannedUnit> units;
    for (uint32_t u = 0; u < 3; ++u) units.push_back({u, fmt::format("file{}", u), {}, "", {}});
    ASSERT_TRUE(target_->ledger().store_plan(key_, {1, run_, "hash", 0, true, 3}, units));
  }

  /// 1,000 rows of the unit, whose number is in `b`.
  Batch batch(const TableSpec& table, uint32_t unit) {
    auto shapes = inspect(*target_, table);
    EXPECT_TRUE(shapes);
    Batch out{std::move(*target_->open_session()), nullptr, unit};
    out.rows = std::make_unique<QueryRows>(
        engine_, table, shapes->front(),
        with_address(
            fmt::format("SELECT i::INTEGER AS a, {0}::INTEGER AS b, i AS n, {0} AS u FROM range(1000) r(i)", unit)));
    return out;
  }
  Status begin_ahead(Batch& batch) { return batch.session->begin_ahead(claim_, {batch.unit}, {batch.rows.get()}); }
  Result<LoadResult::PerUnit> commit(Batch& batch) {
    INGOT_ASSIGN(const auto done, batch.session->begin(claim_, {batch.unit}));
    EXPECT_TRUE(done.empty());
    INGOT_ASSIGN(const LoadResult loaded, batch.session->load(*batch.rows));
    INGOT_TRY(batch.session->record({{batch.unit, fmt::format("file{}", batch.unit), "h", {}, 0, {}, ""}}, {}));
    INGOT_TRY(batch.session->commit());
    return loaded.units.front();
  }

  const LedgerKey key_{"pipe", "t"};
  uint64_t run_ = 0;
  Claim claim_;
  std::unique_ptr<Target> target_;
  const TableSpec append_ = spec("t", {{"a", "integer"}, {"b", "integer"}});
  const TableSpec upsert_ = spec("k", {{"a", "integer"}, {"b", "integer"}}, {"a"});
};

TEST_F(PostgresAhead, AppendedRowsAreThereBeforeTheirTurnAndUnseen) {
  Batch first = batch(append_, 0), second = batch(append_, 1);
  ASSERT_TRUE(begin_ahead(first));
  ASSERT_TRUE(begin_ahead(second));
  ASSERT_TRUE(second.session->load_ahead(*second.rows, false));
  ASSERT_TRUE(first.session->load_ahead(*first.rows, true));
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
  EXPECT_EQ(commit(first)->inserted, 1000u);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "1000");
  EXPECT_EQ(commit(second)->inserted, 1000u);
  EXPECT_EQ(second.rows->reads, 1);
  EXPECT_EQ(value("SELECT string_agg(unit::text, ',' ORDER BY unit) FROM ingot.units"), "0,1");
}

TEST_F(PostgresAhead, StagedRowsMeetWhatWasCommittedMeanwhile) {
  Batch first = batch(upsert_, 0), second = batch(upsert_, 1), third = batch(upsert_, 1);
  for (Batch* each : {&first, &second, &third}) ASSERT_TRUE(begin_ahead(*each));
  ASSERT_TRUE(third.session->load_ahead(*third.rows, false));
  ASSERT_TRUE(second.session->load_ahead(*second.rows, false));
  ASSERT_TRUE(first.session->load_ahead(*first.rows, true));
  EXPECT_EQ(first.rows->reads, 0);  // into an empty table it needs no stage
  EXPECT_EQ(commit(first)->inserted, 1000u);
  EXPECT_EQ(commit(second)->updated, 1000u);
  third.unit = 2;
  EXPECT_EQ(commit(third)->unchanged, 1000u);
  EXPECT_EQ(second.rows->reads, 1);
  EXPECT_EQ(value("SELECT count(*) FROM k WHERE b = 1"), "1000");
}

TEST_F(PostgresAhead, AKeyIndexThatWasReplacedMeanwhile) {
  Batch first = batch(upsert_, 0);
  ASSERT_TRUE(begin_ahead(first));
  ASSERT_TRUE(first.session->load_ahead(*first.rows, false));
  sql("ALTER INDEX k_pkey RENAME TO other");
  EXPECT_EQ(commit(first).error().message, "a table has changed while rows were staged for it");
  first.session->rollback();
  ASSERT_TRUE(first.session->begin(claim_, {0}));  // and the session is good for a batch in its turn
  EXPECT_EQ(first.session->load(*first.rows)->units.front().inserted, 1000u);
}

TEST_F(PostgresAhead, NothingCommitsUnderAClosedPlan) {
  Batch first = batch(append_, 0);
  ASSERT_TRUE(begin_ahead(first));
  ASSERT_TRUE(first.session->load_ahead(*first.rows, true));
  ASSERT_TRUE(target_->ledger().close_plan(key_, 1));
  EXPECT_EQ(commit(first).error().code, Code::conflict);
  first.session->rollback();
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
}

TEST_F(PostgresAhead, WhereRowsMayWaitForOneAnother) {
  for (const char* change : {"CREATE UNIQUE INDEX i ON t (a)", "ALTER TABLE t ADD c serial",
                             "ALTER TABLE t ADD FOREIGN KEY (b) REFERENCES k"}) {
    sql("DROP TABLE t; CREATE TABLE t (a int, b int)");
    Batch first = batch(append_, 0);
    EXPECT_TRUE(first.rows->shape().ahead);
    sql(change);
    EXPECT_FALSE(inspect(*target_, append_)->front().ahead) << change;
    const Status begun = begin_ahead(first);
    ASSERT_FALSE(begun) << change;
    EXPECT_EQ(begun.error().message, "a table does not let batches be loaded ahead of their turn");
    first.session->rollback();
  }
}

}  // namespace

}  // namespace ingot::postgres
