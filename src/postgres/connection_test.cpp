#include "postgres/connection.h"

#include <gtest/gtest.h>

#include "postgres/database_for_test.h"

namespace ingot::postgres {

namespace {

// What a connection makes of the settings that it finds.
class PostgresConnection : public DatabaseTest {
 protected:
  std::string shown(PgConnection& server, const std::string& setting) {
    return server.query("SHOW " + setting)->string(0, 0);
  }
};

TEST_F(PostgresConnection, CommitsAreDurableWhateverTheDatabaseSays) {
  sql("ALTER DATABASE " + database_ + " SET synchronous_commit = off");
  for (const std::string& url : {url_, url_ + "?options=-c%20synchronous_commit%3Doff"}) {
    const auto server = std::move(*PgConnection::open(Secret(url)));
    EXPECT_EQ(shown(*server, "synchronous_commit"), "on");
  }
}

TEST_F(PostgresConnection, NothingDependsOnWhatTheDatabaseHasSet) {
  sql("ALTER DATABASE " + database_ + " SET DateStyle = 'German'; ALTER DATABASE " + database_ +
      " SET TimeZone = 'Asia/Tokyo'; ALTER DATABASE " + database_ + " SET bytea_output = 'escape'; ALTER DATABASE " +
      database_ + " SET default_transaction_isolation = 'serializable'; ALTER DATABASE " + database_ +
      " SET idle_in_transaction_session_timeout = '1s'; ALTER DATABASE " + database_ +
      " SET standard_conforming_strings = off");
  const auto server = std::move(*PgConnection::open(Secret(url_)));
  EXPECT_EQ(shown(*server, "DateStyle"), "ISO, YMD");
  EXPECT_EQ(shown(*server, "TimeZone"), "UTC");
  EXPECT_EQ(shown(*server, "bytea_output"), "hex");
  EXPECT_EQ(shown(*server, "default_transaction_isolation"), "read committed");
  EXPECT_EQ(shown(*server, "idle_in_transaction_session_timeout"), "0");
  EXPECT_EQ(shown(*server, "standard_conforming_strings"), "on");
  EXPECT_EQ(shown(*server, "lock_timeout"), "1min");
  EXPECT_EQ(shown(*server, "statement_timeout"), "0");
  EXPECT_FALSE(server->pooled());
}

TEST_F(PostgresConnection, ALockTimeoutThatWasSetIsKept) {
  const auto server = std::move(*PgConnection::open(Secret(url_ + "?options=-c%20lock_timeout%3D5s")));
  EXPECT_EQ(shown(*server, "lock_timeout"), "5s");
}

TEST_F(PostgresConnection, ErrorsSayWhoseFaultTheyAreAndWhatToDo) {
  const auto server = std::move(*PgConnection::open(Secret(url_)));
  const auto failure = [&](const std::string& statement) {
    const auto status = server->run(statement);
    if (status) return std::string("none");
    return std::string(describe(status.error().code).name) + ": " + status.error().message + "|" + status.error().hint;
  };
  // What is raised in the server for want of the real thing: a full disk, an end of the server, a time-out. Its text
  // may be a row's, and is not shown.
  const std::string text = "an exception that a function of the database raised";
  const auto raised = [&](const std::string& state) {
    std::string said = failure("DO $$ BEGIN RAISE 'a row' USING ERRCODE = '" + state + "'; END $$");
    if (const size_t at = said.find(text); at != std::string::npos) said.replace(at, text.size(), "…");
    return said;
  };
  EXPECT_EQ(raised("53100"), "resource: PostgreSQL: … (53100)|the server's disk is full");
  EXPECT_EQ(raised("53200"), "resource: PostgreSQL: … (53200)|");
  EXPECT_EQ(raised("40P01"), "busy: PostgreSQL: … (40P01)|");
  EXPECT_EQ(raised("40001"), "busy: PostgreSQL: … (40001)|");
  EXPECT_EQ(raised("57P01"), "target_unreachable: PostgreSQL: … (57P01)|");
  EXPECT_EQ(raised("3D000"), "not_found: PostgreSQL: … (3D000)|");
  EXPECT_TRUE(raised("42501").starts_with("target_refused: PostgreSQL: … (42501)|grant the user"));
  EXPECT_TRUE(raised("55P03").starts_with("busy: PostgreSQL: … (55P03)|another transaction holds"));
  EXPECT_TRUE(raised("25006").starts_with("target_refused: PostgreSQL: … (25006)|the server is read"));
  EXPECT_EQ(failure("SET statement_timeout = '10ms'; SELECT pg_sleep(5)"),
            "target_refused: PostgreSQL: canceling statement due to statement timeout (57014)|pg_cancel_backend "
            "ended it, or the statement_timeout of PGOPTIONS or the URL (those of users and databases do not hold for "
            "Ingot)");
}

TEST(PostgresUnreachable, ItsErrorIsOneLine) {
  const auto message = [](const std::string& url) { return PgConnection::open(Secret(url)).error().message; };
  EXPECT_EQ(message("postgresql://u@127.0.0.1:1/d"),
            "cannot connect: connection to server at \"127.0.0.1\", port 1 failed: Connection refused");
  EXPECT_EQ(message("postgresql://u@127.0.0.1:1,127.0.0.1:2/d"),
            "cannot connect: connection to server at \"127.0.0.1\", port 1 failed: Connection refused; connection to "
            "server at \"127.0.0.1\", port 2 failed: Connection refused");
}

// The server's message and DETAIL print the row.
TEST_F(PostgresConnection, ARefusedRowIsNotPrinted) {
  sql("CREATE TABLE t (a int CONSTRAINT few CHECK (a < 5), b text PRIMARY KEY, c int NOT NULL)");
  const auto server = std::move(*PgConnection::open(Secret(url_)));
  const auto failure = [&](const std::string& statement) {
    const Error error = server->run(statement).error();
    EXPECT_EQ(error.to_string().find("secret"), std::string::npos) << error.to_string();
    return error.message;
  };
  EXPECT_EQ(failure("INSERT INTO t VALUES (7, 'secret', 1)"),
            "PostgreSQL refused a row: 23514 check_violation, constraint \"few\"");
  EXPECT_EQ(failure("INSERT INTO t VALUES (1, 'secret', NULL)"),
            "PostgreSQL refused a row: 23502 not_null_violation, column \"c\"");
  EXPECT_EQ(failure("INSERT INTO t VALUES (1, 'secret', 1), (2, 'secret', 1)"),
            "PostgreSQL refused a row: 23505 unique_violation, constraint \"t_pkey\"");
  EXPECT_EQ(failure("SELECT 'secret'::int"), "PostgreSQL refused a row: 22P02 invalid_text_representation");
}

}  // namespace

}  // namespace ingot::postgres
