#include <gtest/gtest.h>

#include "target/postgres/postgres_fixture.h"

namespace ingot::postgres {

namespace {

// Loading into tables where nothing is refused: counts and contents.
class PostgresLoad : public PostgresTest {};

TEST_F(PostgresLoad, AppendsWithDefaultsAndSerialsInOrder) {
  sql("CREATE TABLE t (id serial PRIMARY KEY, a int, made timestamptz NOT NULL DEFAULT now())");
  EXPECT_EQ(load(spec("t", {{"a", "integer"}}), "SELECT (i * 7)::INTEGER AS a, i AS n, 0 AS u FROM range(50000) r(i)")
                .counts(),
            "50000/0/0/0/0");
  EXPECT_EQ(value("SELECT count(*) FROM t WHERE a = (id - 1) * 7"), "50000");
}

TEST_F(PostgresLoad, UpsertsIntoAnEmptyAndAFilledTable) {
  sql("CREATE TABLE t (k text PRIMARY KEY, v text)");
  const TableSpec table = spec("t", {{"k", "text"}, {"v", "text"}}, {"k"});
  EXPECT_EQ(load(table, "SELECT 'k' || i // 2 AS k, 'v' || i AS v, i AS n, i % 3 AS u FROM range(2000) r(i)").counts(),
            "1000/0/0/0/0");
  EXPECT_EQ(value("SELECT v FROM t WHERE k = 'k7'"), "v15");
  EXPECT_EQ(last_reads_, 1);
  // 10 the same, 5 changed, 20 new
  const auto again =
      load(table,
           "SELECT 'k' || (i + 985) AS k, CASE WHEN i < 10 THEN 'v' || ((i + 985) * 2 + 1) ELSE 'x' END AS v, i AS n, "
           "i % 2 AS u FROM range(35) r(i)");
  EXPECT_EQ(again.counts(), "20/5/10/0/0");
  EXPECT_EQ(value("SELECT count(*) || ' ' || count(*) FILTER (WHERE v = 'x') FROM t"), "1020 25");
}

TEST_F(PostgresLoad, MissingTableAndSchemaAreCreatedWithThePlan) {
  const TableSpec table = spec("\"My schema\".\"Weird \"\"name\"\"\"",
                               {{"sélect", "text"}, {"a \"b\"", "integer"}, {"j", "json"}}, {"sélect"});
  const auto loaded = load(table,
                           "SELECT 'x' || i AS \"sélect\", i::INTEGER AS \"a \"\"b\"\"\", '{\"a\": 1.0}' AS j, i AS n, "
                           "0 AS u FROM range(5) r(i)");
  EXPECT_EQ(loaded.counts(), "5/0/0/0/0");
  EXPECT_EQ(value("SELECT \"sélect\" || \"a \"\"b\"\"\" || j FROM \"My schema\".\"Weird \"\"name\"\"\" WHERE \"a "
                  "\"\"b\"\"\" = 3"),
            "x33{\"a\": 1.0}");
  EXPECT_EQ(load(table,
                 "SELECT 'x' || i AS \"sélect\", i::INTEGER AS \"a \"\"b\"\"\", '{\"a\": 1.0}' AS j, i AS n, 0 AS u "
                 "FROM range(7) r(i)")
                .counts(),
            "2/0/5/0/0");
}

TEST_F(PostgresLoad, KeysThatTheServerFindsEqual) {
  sql("CREATE EXTENSION citext; CREATE TABLE c (k citext PRIMARY KEY, v int); CREATE TABLE b (k char(5) PRIMARY KEY, v "
      "int); "
      "CREATE SCHEMA x; INSERT INTO c VALUES ('ABC', 0); "
      "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false); "
      "CREATE TABLE d (k text COLLATE ci PRIMARY KEY, v int)");
  for (const std::string name : {"c", "b", "d"}) {
    const TableSpec table = spec(name, {{"k", "text"}, {"v", "integer"}}, {"k"});
    EXPECT_FALSE(inspect(*open(), table)->front().bytewise_key);
  }
  const std::string rows =
      "SELECT unnest(['abc', 'aBC', 'q', 'Q']) AS k, unnest([1, 2, 3, 4])::INTEGER AS v, unnest([0, 1, 2, 3]) AS n, "
      "unnest([0, 0, 1, 1]) AS u";
  EXPECT_EQ(load(spec("c", {{"k", "text"}, {"v", "integer"}}, {"k"}), rows).counts(), "1/1/0/2/0");
  EXPECT_EQ(value("SELECT string_agg(k || v, ' ' ORDER BY k) FROM c"), "ABC2 Q4");
  EXPECT_EQ(load(spec("d", {{"k", "text"}, {"v", "integer"}}, {"k"}, Keep::first), rows).counts(), "2/0/0/2/0");
  EXPECT_EQ(value("SELECT string_agg(k || v, ' ' ORDER BY k) FROM d"), "abc1 q3");
  EXPECT_EQ(
      load(spec("b", {{"k", "varchar(5)"}, {"v", "integer"}}, {"k"}),
           "SELECT unnest(['a', 'a ', 'b']) AS k, unnest([1, 2, 3])::INTEGER AS v, unnest([0, 1, 2]) AS n, 0 AS u")
          .counts(),
      "2/0/0/1/0");
  EXPECT_EQ(value("SELECT v FROM b WHERE k = 'a'"), "2");
}

TEST_F(PostgresLoad, ACaseChangeOfCitextIsAnUpdate) {
  sql("CREATE EXTENSION citext; CREATE TABLE t (k int PRIMARY KEY, v citext); INSERT INTO t VALUES (1, 'A'), (2, 'B')");
  EXPECT_EQ(load(spec("t", {{"k", "integer"}, {"v", "text"}}, {"k"}),
                 "SELECT unnest([1, 2])::INTEGER AS k, unnest(['a', 'B']) AS v, unnest([0, 1]) AS n, 0 AS u")
                .counts(),
            "0/1/1/0/0");
  EXPECT_EQ(value("SELECT v FROM t WHERE k = 1"), "a");
}

TEST_F(PostgresLoad, EveryTypeArrivesExactly) {
  sql("CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE DOMAIN positive AS numeric(12, 3) CHECK (VALUE > 0); "
      "CREATE TABLE t (b bool, i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, nu numeric(38, 10), d positive, x "
      "text, "
      "v varchar(5), dt date, ts timestamp(3), tz timestamptz, uu uuid, j json, jb jsonb, m mood, ip inet, i8n "
      "numeric)");
  const TableSpec table = spec("t", {{"b", "boolean"},
                                     {"i2", "smallint"},
                                     {"i4", "integer"},
                                     {"i8", "bigint"},
                                     {"f4", "real"},
                                     {"f8", "double precision"},
                                     {"nu", "numeric(38,10)"},
                                     {"d", "numeric(12,3)"},
                                     {"x", "text"},
                                     {"v", "varchar(5)"},
                                     {"dt", "date"},
                                     {"ts", "timestamp"},
                                     {"tz", "timestamptz"},
                                     {"uu", "uuid"},
                                     {"j", "json"},
                                     {"jb", "json"},
                                     {"m", "text"},
                                     {"ip", "text"},
                                     {"i8n", "bigint"}});
  EXPECT_EQ(
      load(
          table,
          "SELECT true AS b, (-32768)::SMALLINT AS i2, 2147483647::INTEGER AS i4, (-9223372036854775808)::BIGINT AS "
          "i8, "
          "'nan'::FLOAT AS f4, '-inf'::DOUBLE AS f8, '-1234567890123456789012345678.0000000001'::DECIMAL(38,10) AS nu, "
          "123456789.125::DECIMAL(12,3) AS d, 'é€😀' AS x, 'ab  ' AS v, DATE '0001-01-01' AS dt, "
          "TIMESTAMP '9999-12-31 23:59:59.999' AS ts, TIMESTAMPTZ '1969-12-31 23:59:59.999999+00' AS tz, "
          "'f0000000-0000-4000-8000-00000000000a'::UUID AS uu, '{\"b\":1,  \"a\":1.50}' AS j, '{\"b\":1,  \"a\":1.50}' "
          "AS jb, "
          "'glad' AS m, '10.0.0.1/8' AS ip, 9223372036854775807::BIGINT AS i8n, 0 AS n, 0 AS u")
          .counts(),
      "1/0/0/0/0");
  EXPECT_EQ(
      value("SELECT concat_ws('|', b, i2, i4, i8, f4, f8, nu, d, x, '<' || v || '>', dt, ts, tz, uu, j, jb, m, ip, "
            "i8n) FROM t"),
      "t|-32768|2147483647|-9223372036854775808|NaN|-Infinity|-1234567890123456789012345678.0000000001|123456789.125|"
      "é€😀|"
      "<ab  >|0001-01-01|9999-12-31 23:59:59.999|1969-12-31 23:59:59.999999+00|f0000000-0000-4000-8000-00000000000a|"
      "{\"b\":1,  \"a\":1.50}|{\"a\": 1.50, \"b\": 1}|glad|10.0.0.1/8|9223372036854775807");
}

TEST_F(PostgresLoad, ALargeValueIsSentInPieces) {
  sql("CREATE TABLE t (a int, v text, b int)");
  EXPECT_EQ(load(spec("t", {{"a", "integer"}, {"v", "text"}, {"b", "integer"}}),
                 "SELECT i::INTEGER AS a, repeat('é', CASE WHEN i = 5 THEN 5000000 ELSE 10 END) AS v, -i::INTEGER AS "
                 "b, i AS n, 0 AS u "
                 "FROM range(3000) r(i)")
                .counts(),
            "3000/0/0/0/0");
  EXPECT_EQ(value("SELECT count(*) || ' ' || max(length(v)) FROM t WHERE a = -b"), "3000 5000000");
}

}  // namespace

}  // namespace ingot::postgres
