#include "embedded/sql.h"

#include <gtest/gtest.h>

#include <thread>

namespace ingot {

namespace {

class EmbeddedSql : public testing::Test {
 protected:
  void run(const std::string& sql) {
    const Status status = run_sql(connection_, sql);
    ASSERT_TRUE(status) << status.error().message;
  }
  std::string message_of(const std::string& sql) {
    const Status status = run_sql(connection_, sql, Code::target_refused);
    if (status) return "";
    EXPECT_EQ(status.error().code, Code::target_refused);
    return status.error().message;
  }

  duckdb::DuckDB database_{nullptr};
  duckdb::Connection connection_{database_};
};

TEST_F(EmbeddedSql, ARefusedValueIsNotPrinted) {
  run("CREATE TABLE p (id VARCHAR PRIMARY KEY, n INTEGER NOT NULL CHECK (n < 5))");
  run("CREATE TABLE c (id VARCHAR REFERENCES p (id), t VARCHAR CHECK (CAST(t AS INTEGER) > 0))");
  run("INSERT INTO p VALUES ('se\"cret', 1)");
  EXPECT_EQ(message_of("INSERT INTO p VALUES ('se\"cret', 1)"), "Duplicate key \"…\" violates primary key constraint.");
  EXPECT_EQ(message_of("INSERT INTO p VALUES ('a', 4711)"),
            "CHECK constraint failed on table p with expression CHECK((n < 5))");
  EXPECT_EQ(message_of("INSERT INTO p VALUES ('a', NULL)"), "NOT NULL constraint failed: p.n");
  EXPECT_EQ(message_of("INSERT INTO c VALUES ('another secret', NULL)"),
            "Violates foreign key constraint because key \"…\" does not exist in the referenced table");
  EXPECT_EQ(message_of("INSERT INTO c VALUES (NULL, 'secret')"),
            "CHECK constraint failed on table c with expression CHECK((CAST(t AS INTEGER) > 0)) (Error: …)");
  EXPECT_EQ(message_of("SELECT CAST('secret' AS INTEGER)"), "the engine refused a value: Conversion");
  EXPECT_EQ(message_of("SELECT strptime('secret', '%Y')"), "the engine refused a value: Invalid Input");
  EXPECT_EQ(message_of("SELECT 4711::TINYINT"), "the engine refused a value: Conversion");
}

TEST_F(EmbeddedSql, OutOfMemoryIsAResource) {
  run("SET memory_limit = '20MB'; SET max_temp_directory_size = '0B'; SET threads = 1");
  const Status status =
      run_sql(connection_, "CREATE TABLE t AS SELECT md5(i::VARCHAR) FROM range(3000000) r(i) ORDER BY 1");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::resource);
  EXPECT_TRUE(status.error().message.starts_with("out of memory: ")) << status.error().message;
  EXPECT_EQ(status.error().hint, "raise --memory-limit, or give a larger --temp-dir");
}

TEST_F(EmbeddedSql, AnInterruptionIsNoFailure) {
  std::atomic<bool> done{false};
  std::jthread other([&] {
    while (!done) {
      connection_.Interrupt();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  const Status status = run_sql(connection_, "SELECT count(*) FROM range(100000000000)");
  done = true;
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::interrupted);
  EXPECT_EQ(status.error().message, "stopped by request");
}

}  // namespace

}  // namespace ingot
