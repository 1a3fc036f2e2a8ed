#include "target/duckdb/session.h"

#include <gtest/gtest.h>

#include <thread>

#include "embedded/sql.h"

namespace ingot {

namespace {

// DuckDB reports an interruption that comes while it commits as if it had prevented the commit.
TEST(DuckDbSession, ACommitThatIsInterruptedIsWhatTheLedgerSays) {
  duckdb::DuckDB database(nullptr);
  duckdb::Connection connection(database);
  DuckDbLedger ledger(connection);
  const LedgerKey key{"pipe", "main.t"};
  ASSERT_TRUE(ledger.create());
  ASSERT_TRUE(ledger.store_plan(key, {1, 1, "hash", 0, true, 1000}, {}));
  ASSERT_TRUE(run_sql(connection, "CREATE TABLE t (i INTEGER)"));
  DuckDbSession session(connection, ledger);
  for (uint32_t unit = 0; unit < 200; ++unit) {
    ASSERT_TRUE(session.begin({key, 1, 1}, {unit}));
    ASSERT_TRUE(run_sql(connection, "INSERT INTO t VALUES (" + std::to_string(unit) + ")"));
    ASSERT_TRUE(session.record({{unit, "file", "h", {}, 0, {}, ""}}, {}));
    Status status;
    {
      std::jthread other([&] {
        for (uint32_t i = 0; i < unit; ++i) std::this_thread::yield();  // sooner or later
        for (int i = 0; i < 1000; ++i) session.cancel();
      });
      status = session.commit();
    }
    session.rollback();
    const std::string where = " = " + std::to_string(unit);
    const auto entries = query_number(connection, "SELECT count(*) FROM ingot.units WHERE unit" + where);
    const auto rows = query_number(connection, "SELECT count(*) FROM t WHERE i" + where);
    ASSERT_TRUE(entries && rows);
    EXPECT_EQ(*entries, status ? 1 : 0);
    EXPECT_EQ(*rows, *entries);
  }
}

}  // namespace

}  // namespace ingot
