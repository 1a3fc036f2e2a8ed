#include "embedded/execute.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <thread>

namespace ingot {

namespace {

constexpr std::chrono::milliseconds kNap{150};

int64_t nap_at_zero(int64_t value) {
  if (value == 0) std::this_thread::sleep_for(kNap);
  return value;
}

double cpu_seconds_of_this_thread() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

class Execute : public testing::Test {
 protected:
  duckdb::DuckDB database_{nullptr};
  duckdb::Connection connection_{database_};
};

TEST_F(Execute, OfSeveralStatementsTheLastOnesResult) {
  const auto result = execute(connection_, "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1), (2); SELECT 7");
  ASSERT_FALSE(result->HasError()) << result->GetError();
  EXPECT_EQ(result->GetValue(0, 0), duckdb::Value::INTEGER(7));
}

TEST_F(Execute, NothingBehindTheFirstThatFails) {
  const auto result = execute(connection_, "CREATE TABLE t (n INTEGER); SELECT * FROM u; INSERT INTO t VALUES (1)");
  EXPECT_TRUE(result->HasError());
  EXPECT_EQ(execute(connection_, "SELECT count(*) FROM t")->GetValue(0, 0), duckdb::Value::BIGINT(0));
  EXPECT_TRUE(execute(connection_, "-- nothing")->HasError());
}

TEST_F(Execute, AnErrorOnTheWayKeepsItsKind) {
  const auto result = execute(connection_, "SELECT CAST(range || 'x' AS INTEGER) FROM range(2)");
  ASSERT_TRUE(result->HasError());
  EXPECT_EQ(result->GetErrorObject().Type(), duckdb::ExceptionType::CONVERSION) << result->GetError();
}

// Whether it is this thread or a worker that naps is chance: hence several times.
TEST_F(Execute, WaitingForWorkersTakesNoTime) {
  connection_.CreateScalarFunction<int64_t, int64_t>("nap_at_zero", &nap_at_zero);
  ASSERT_FALSE(
      execute(connection_, "SET threads = 2; CREATE TABLE t AS SELECT range AS n FROM range(500000)")->HasError());
  const double before = cpu_seconds_of_this_thread();
  constexpr int kTimes = 5;
  for (int i = 0; i < kTimes; ++i) ASSERT_FALSE(execute(connection_, "SELECT max(nap_at_zero(n)) FROM t")->HasError());
  const double naps = std::chrono::duration<double>(kNap).count();
  EXPECT_LT(cpu_seconds_of_this_thread() - before, naps);
}

TEST_F(Execute, RowsThatMaySpill) {
  const auto result = query_to_spill(connection_, "SELECT range AS n FROM range(5000)");
  ASSERT_TRUE(result);
  EXPECT_EQ((*result)->names.front(), "n");
  EXPECT_EQ((*result)->Collection().Count(), 5000);
  EXPECT_EQ((*result)->Collection().GetAllocatorType(), duckdb::ColumnDataAllocatorType::BUFFER_MANAGER_ALLOCATOR);
  EXPECT_FALSE(query_to_spill(connection_, "SELECT nothing"));
}

}  // namespace

}  // namespace ingot
