#include <gtest/gtest.h>

#include "target/postgres/postgres_fixture.h"

namespace ingot::postgres {

namespace {

// Rows that the server refuses: exactly these, whatever refuses them.
class PostgresRefused : public PostgresTest {
 protected:
  // 1,000 rows a = 0…999, b = a, in three units.
  static std::string thousand(const std::string& b = "i") {
    return "SELECT i::INTEGER AS a, (" + b + ")::INTEGER AS b, i AS n, i % 3 AS u FROM range(1000) r(i)";
  }
  TableSpec append_ = spec("t", {{"a", "integer"}, {"b", "integer"}});
  TableSpec upsert_ = spec("t", {{"a", "integer"}, {"b", "integer"}}, {"a"});
};

TEST_F(PostgresRefused, NotNullAndCheck) {
  sql("CREATE TABLE t (a int CONSTRAINT not_seven CHECK (a <> 7), b int NOT NULL)");
  const auto loaded = load(append_, thousand("CASE WHEN i IN (3, 900) THEN NULL ELSE i END"));
  EXPECT_EQ(loaded.counts(), "997/0/0/0/3");
  EXPECT_EQ(loaded.refusals(), "3:23502 not_null_violation 7:not_seven 900:23502 not_null_violation");
  EXPECT_EQ(loaded.refused[0].field, "b");
  EXPECT_EQ(loaded.refused[0].line, 4u);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "997");
}

TEST_F(PostgresRefused, CheckOverAColumnThatTheContractLacks) {
  sql("CREATE TABLE t (a int, b int, c int DEFAULT 5, CONSTRAINT less CHECK (a <> c))");
  EXPECT_EQ(load(append_, thousand()).refusals(), "5:less");
}

TEST_F(PostgresRefused, Domains) {
  sql("CREATE DOMAIN small AS int CONSTRAINT is_small CHECK (VALUE < 990); CREATE DOMAIN smaller AS small NOT NULL; "
      "CREATE TABLE t (a smaller, b smaller)");
  EXPECT_EQ(load(append_, thousand("CASE WHEN i > 3 THEN i END")).counts(), "986/0/0/0/14");
}

TEST_F(PostgresRefused, ForeignKeysOfAllKinds) {
  sql("CREATE TABLE p (x int, y int, PRIMARY KEY (x, y)); INSERT INTO p SELECT i, i FROM generate_series(0, 997) i; "
      "CREATE TABLE t (a int, b int, CONSTRAINT to_p FOREIGN KEY (a, b) REFERENCES p DEFERRABLE INITIALLY DEFERRED)");
  const auto loaded = load(append_, thousand("CASE WHEN i = 4 THEN 5 WHEN i = 999 THEN NULL ELSE i END"));
  EXPECT_EQ(loaded.counts(), "998/0/0/0/2");
  EXPECT_EQ(loaded.refusals(), "4:to_p 998:to_p");
}

TEST_F(PostgresRefused, AForeignKeyToTheTableItself) {
  sql("CREATE TABLE t (a int PRIMARY KEY, b int CONSTRAINT up REFERENCES t)");
  // 5 has no parent, 6's parent is 5, 7's is 8 (a later row)
  const auto loaded = load(append_, thousand("CASE i WHEN 5 THEN 5000 WHEN 6 THEN 5 WHEN 7 THEN 8 ELSE 0 END"));
  EXPECT_EQ(loaded.refusals(), "5:up 6:up");
  EXPECT_EQ(loaded.counts(), "998/0/0/0/2");
}

TEST_F(PostgresRefused, AppendIntoAKeyKeepsTheFirst) {
  sql("CREATE TABLE t (a int, b int CONSTRAINT b_key UNIQUE DEFERRABLE INITIALLY DEFERRED); CREATE UNIQUE INDEX a_key "
      "ON t (a); "
      "INSERT INTO t VALUES (10, -10), (-1, 20)");
  // 10 is there as a, 20 as b; 31 repeats b = 30; the deferrable index is no plain one: in order
  EXPECT_EQ(load(append_, thousand("CASE i WHEN 31 THEN 30 ELSE i END")).refusals(), "10:a_key 20:b_key 31:b_key");
}

TEST_F(PostgresRefused, OneKeyIsDecidedBySets) {
  sql("CREATE TABLE t (a int, b int CONSTRAINT b_key UNIQUE, CONSTRAINT no_40 CHECK (a <> 40)); INSERT INTO t VALUES "
      "(0, 20)");
  // 40 is refused by the check, so that 41 (the same b) may stand; 42 repeats it
  EXPECT_EQ(load(append_, thousand("CASE WHEN i IN (41, 42) THEN 40 WHEN i > 990 THEN NULL ELSE i END")).refusals(),
            "20:b_key 40:no_40 42:b_key");
}

TEST_F(PostgresRefused, SeveralKeysInOrder) {
  sql("CREATE TABLE t (a int CONSTRAINT a_key UNIQUE, b int CONSTRAINT b_key UNIQUE); INSERT INTO t VALUES (20, -1)");
  // 20 is refused for a; its b = 50 is free again for 50. 60 takes b = 61, so that 61 falls.
  const auto loaded = load(append_, thousand("CASE i WHEN 20 THEN 50 WHEN 60 THEN 61 ELSE i END"));
  EXPECT_EQ(loaded.refusals(), "20:a_key 61:b_key");
}

TEST_F(PostgresRefused, InsertNewRefusesNoRowWhoseKeyIsHeld) {
  sql("CREATE TABLE t (a int PRIMARY KEY, b int CONSTRAINT small CHECK (b < 1000)); INSERT INTO t VALUES (1, 1), (2, "
      "7)");
  TableSpec insert_new = upsert_;
  insert_new.mode = Mode::insert_new;
  const std::string rows =
      "SELECT unnest([1, 1, 2, 3, 3, 4])::INTEGER AS a, unnest([1, 2000, 8, 9, 5000, 5000])::INTEGER AS b, "
      "unnest([0, 1, 2, 3, 4, 5]) AS n, unnest([0, 0, 1, 1, 2, 2]) AS u";
  const auto loaded = load(insert_new, rows);
  EXPECT_EQ(loaded.counts(), "1/0/0/3/2");
  EXPECT_EQ(loaded.refusals(), "4:small 5:small");
  EXPECT_EQ(value("SELECT string_agg(a || '=' || b, ' ' ORDER BY a) FROM t"), "1=1 2=7 3=9");
}

TEST_F(PostgresRefused, UpsertLosersAreChosenAmongRowsThatMayStand) {
  sql("CREATE TABLE t (a int PRIMARY KEY, b int CONSTRAINT small CHECK (b < 1000)); INSERT INTO t VALUES (1, 1), (2, "
      "7), (3, 0)");
  const std::string rows =
      "SELECT unnest([1, 1, 2, 2, 3, 4])::INTEGER AS a, unnest([1, 2000, 8, 9, 0, 5000])::INTEGER AS b, "
      "unnest([0, 1, 2, 3, 4, 5]) AS n, unnest([0, 0, 1, 1, 2, 2]) AS u";
  const auto loaded = load(upsert_, rows);
  EXPECT_EQ(loaded.counts(), "0/1/2/1/2");
  EXPECT_EQ(loaded.refusals(), "1:small 5:small");
  EXPECT_EQ(value("SELECT string_agg(a || '=' || b, ' ' ORDER BY a) FROM t"), "1=1 2=9 3=0");
}

TEST_F(PostgresRefused, UpsertPromotesTheEarlierRowWhereTheServerRefusesTheLast) {
  sql("CREATE TABLE t (a int PRIMARY KEY, b int); CREATE UNIQUE INDEX half ON t ((b / 2)); INSERT INTO t VALUES (100, "
      "100)");
  const auto loaded =
      load(upsert_,
           "SELECT unnest([1, 1, 2])::INTEGER AS a, unnest([4, 101, 8])::INTEGER AS b, unnest([0, 1, 2]) AS n, 0 AS u");
  EXPECT_EQ(loaded.counts(), "2/0/0/0/1");
  EXPECT_EQ(loaded.refusals(), "1:half");
  EXPECT_EQ(value("SELECT b FROM t WHERE a = 1"), "4");
}

TEST_F(PostgresRefused, TriggersThatRaiseOrSwallow) {
  sql("CREATE TABLE t (a int, b int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "IF new.a = 5 THEN RAISE 'secret %', new.a; ELSIF new.a = 600 THEN RETURN NULL; END IF; RETURN new; END $$; "
      "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
  const auto loaded = load(append_, thousand());
  EXPECT_EQ(loaded.counts(), "998/0/0/0/2");
  EXPECT_EQ(loaded.refusals(), "5:P0001 raise_exception 600:suppressed by a trigger");
}

TEST_F(PostgresRefused, ExclusionConstraintsAndPartitions) {
  sql("CREATE TABLE t (a int, b int, CONSTRAINT no_overlap EXCLUDE USING gist (int4range(a, a + 1) WITH &&)) ; INSERT "
      "INTO t VALUES (77, 0)");
  EXPECT_EQ(load(append_, thousand()).refusals(), "77:no_overlap");
  sql("DROP TABLE t; CREATE TABLE t (a int, b int) PARTITION BY RANGE (a); CREATE TABLE t1 PARTITION OF t FOR VALUES "
      "FROM (0) TO (998)");
  EXPECT_EQ(load(append_, thousand()).refusals(), "998:no partition takes it 999:no partition takes it");
}

TEST_F(PostgresRefused, ValuesThatOnlyTheServerCanJudge) {
  sql("CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TABLE t (m mood, ip inet, ts timestamp(3))");
  const auto loaded = load(
      spec("t", {{"m", "text"}, {"ip", "text"}, {"ts", "timestamp"}}),
      "SELECT unnest(['sad', 'angry', 'glad', 'glad']) AS m, unnest(['1.2.3.4', '::1', '1.2.3.4.5', '::2']) AS ip, "
      "unnest([TIMESTAMP '2020-01-01 00:00:00.123', NULL, NULL, TIMESTAMP '2020-01-01 00:00:00.123456']) AS ts, "
      "unnest([0, 1, 2, 3]) AS n, 0 AS u");
  EXPECT_EQ(loaded.counts(), "1/0/0/0/3");
  EXPECT_EQ(loaded.refusals(), "1:22P02 invalid_text_representation 2:22P02 invalid_text_representation 3:");
  EXPECT_EQ(loaded.refused[2].fault, Fault::not_exact);
}

TEST_F(PostgresRefused, JsonbThatTheServerCannotHold) {
  sql("CREATE TABLE t (a int PRIMARY KEY, j jsonb)");
  const auto loaded = load(spec("t", {{"a", "integer"}, {"j", "json"}}, {"a"}),
                           "SELECT i::INTEGER AS a, CASE i WHEN 3 THEN '1e200000' ELSE '{\"a\":' || i || '}' END AS j, "
                           "i AS n, 0 AS u FROM range(10) r(i)");
  EXPECT_EQ(loaded.counts(), "9/0/0/0/1");
  EXPECT_EQ(loaded.refused[0].offset, 3u);
}

TEST_F(PostgresRefused, ThousandsAreFoundInReasonableTime) {
  sql("CREATE TABLE t (a int PRIMARY KEY, b int CONSTRAINT odd CHECK (b % 10 <> 0), c int DEFAULT 0)");
  EXPECT_EQ(load(append_, "SELECT (i % 49000)::INTEGER AS a, i::INTEGER AS b, i AS n, 0 AS u FROM range(50000) r(i)")
                .counts(),
            "44100/0/0/0/5900");
}

}  // namespace

}  // namespace ingot::postgres
