#include "transform/expression.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "transform/compose_fixture.h"
#include "transform/functions.h"

namespace ingot {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(ComposeTest, AFailureCostsOneRecordAndNullStaysNull) {
  columns({computed("x", "integer", "cast(a as integer) + 1")});
  EXPECT_THAT(run("t0_c0", {{{"a", "'1'"}}, {{"a", "'x'"}}, {}, {{"a", "'2147483647'"}}, {{"a", "'5'"}}}),
              ElementsAre("{'v': 2}", "NULL", "{'v': NULL}", "NULL", "{'v': 6}"));
}

TEST_F(ComposeTest, SharedPartsOfExpressionsStayWithinTheirTry) {
  // DuckDB's optimizer would compute the common cast(a …) once, outside of both TRYs, and fail the query.
  columns({computed("x", "integer", "cast(a as integer)"), computed("y", "integer", "cast(a as integer) * 2"),
           computed("z", "boolean", "x > 1")});
  pipeline_.where = Expression{"cast(a as integer) * 2 > 0", {}};
  const std::vector<std::map<std::string, std::string>> records = {{{"a", "'1'"}}, {{"a", "'x'"}}};
  EXPECT_THAT(run("t0_c0", records), ElementsAre("{'v': 1}", "NULL"));
  const auto composition = composed();
  const auto result =
      connection_.Query("CREATE TEMP TABLE loaded AS " + composition->sql(relation(*composition, records)));
  ASSERT_FALSE(result->HasError()) << result->GetError();
  EXPECT_EQ(connection_.Query("SELECT count(*) FROM loaded WHERE t0_c1 IS NULL AND t0_c2 IS NULL AND __where IS NULL")
                ->GetValue(0, 0)
                .GetValue<int64_t>(),
            1);
}

TEST_F(ComposeTest, LongInListsStayWithinTheirTry) {
  // DuckDB's optimizer turns IN with more than four constants into a join, on a value computed outside of TRY.
  columns({computed("x", "boolean", "cast(a as integer) in (1, 2, 3, 4, 5, 6, 7, 8)"),
           computed("y", "boolean", "cast(a as integer) not in (1, null)")});
  const std::vector<std::map<std::string, std::string>> records = {{{"a", "'1'"}}, {{"a", "'x'"}}, {}, {{"a", "'9'"}}};
  EXPECT_THAT(run("t0_c0", records), ElementsAre("{'v': true}", "NULL", "{'v': NULL}", "{'v': false}"));
  EXPECT_THAT(run("t0_c1", records), ElementsAre("{'v': false}", "NULL", "{'v': NULL}", "{'v': NULL}"));
}

TEST_F(ComposeTest, DivisionByZeroFails) {
  columns({plain("n", "integer"), computed("a", "float8", "10 / n"), computed("b", "integer", "10 // n"),
           computed("c", "integer", "mod(10, n)"), computed("d", "float8", "case when n <> 0 then 10 / n end")});
  const std::vector<std::map<std::string, std::string>> records = {{{"n", "4"}}, {{"n", "0"}}, {}};
  EXPECT_THAT(run("t0_c1", records), ElementsAre("{'v': 2.5}", "NULL", "{'v': NULL}"));
  EXPECT_THAT(run("t0_c2", records), ElementsAre("{'v': 2}", "NULL", "{'v': NULL}"));
  EXPECT_THAT(run("t0_c3", records), ElementsAre("{'v': 2}", "NULL", "{'v': NULL}"));
  EXPECT_THAT(run("t0_c4", records), ElementsAre("{'v': 2.5}", "{'v': NULL}", "{'v': NULL}"));
  EXPECT_EQ(mistake_of("n // 0", "integer"), "division by zero");
}

TEST_F(ComposeTest, ManyRecordsFailOneByOne) {
  columns({computed("x", "integer", "cast(a as integer)"), computed("s", "text", "upper(a) || 'x'")});
  const auto composition = composed();
  ASSERT_TRUE(composition);
  const std::string scan =
      "(SELECT 0::UINTEGER AS __unit, i::UBIGINT AS __rec, 0::UBIGINT AS __offset, 0::UBIGINT AS __length, "
      "0::UBIGINT AS __line, '' AS __name, NULL::BLOB AS __faults, "
      "CASE WHEN i % 1000 = 17 THEN 'bad' ELSE i::VARCHAR END AS s0 FROM range(100000) r(i)) AS scan";
  const auto result = connection_.Query("SELECT count(*) FILTER (t0_c0 IS NULL), sum(t0_c0.v), count(t0_c1.v) FROM (" +
                                        composition->sql(scan) + ")");
  ASSERT_FALSE(result->HasError()) << result->GetError();
  EXPECT_EQ(result->GetValue(0, 0).ToString(), "100");
  EXPECT_EQ(result->GetValue(1, 0).ToString(), std::to_string(4999950000LL - 4951700));
  EXPECT_EQ(result->GetValue(2, 0).ToString(), "100000");
}

TEST_F(ComposeTest, Syntax) {
  EXPECT_THAT(mistake_of("a +"), HasSubstr("expression does not parse: \"a +\""));
  EXPECT_THAT(mistake_of("a, b"), HasSubstr("one expression is wanted"));
  EXPECT_THAT(mistake_of("a from t"), HasSubstr("does not parse"));
  EXPECT_THAT(mistake_of("a as b"), HasSubstr("does not parse"));
  EXPECT_THAT(mistake_of("a) from (select b"), HasSubstr("does not parse"));
  EXPECT_THAT(mistake_of("a; drop table x"), HasSubstr("does not parse"));
  EXPECT_THAT(mistake_of(""), HasSubstr("does not parse"));
  EXPECT_THAT(mistake_of("at + 1"), HasSubstr("|a name that is also a word of SQL stands in double quotes"));
  EXPECT_EQ(mistake_of("a -- comment"), "");
}

TEST_F(ComposeTest, OnlyScalarExpressions) {
  EXPECT_THAT(mistake_of("(select 1)"), HasSubstr("subqueries are not possible"));
  EXPECT_THAT(mistake_of("exists(select 1)"), HasSubstr("subqueries are not possible"));
  EXPECT_THAT(mistake_of("row_number() over ()"), HasSubstr("window functions see more than one record"));
  EXPECT_THAT(mistake_of("sum(n)"), HasSubstr("this function aggregates many: \"sum\""));
  EXPECT_THAT(mistake_of("max(n)"), HasSubstr("|greatest(a, b)"));
  EXPECT_THAT(mistake_of("count(*)"), HasSubstr("aggregates many"));
  EXPECT_THAT(mistake_of("*"), HasSubstr("* is not a value"));
  EXPECT_THAT(mistake_of("$1"), HasSubstr("parameters are not possible"));
  EXPECT_THAT(mistake_of("default"), HasSubstr("default is not a value"));
  EXPECT_THAT(mistake_of("a collate nocase"), HasSubstr("collations are not possible"));
  EXPECT_THAT(mistake_of("list_transform([1], x -> x + 1)"), HasSubstr("unknown function: \"list_transform\""));
  EXPECT_THAT(mistake_of("lambda x: x"), HasSubstr("lambdas are not possible"));
  EXPECT_THAT(mistake_of("upper(distinct a)"), HasSubstr("belong to aggregates"));
  EXPECT_THAT(mistake_of("pg.upper(a)"), HasSubstr("functions have no schema"));
  EXPECT_THAT(mistake_of("try(cast(a as integer))"), HasSubstr("try turns failures into NULL"));
  EXPECT_THAT(mistake_of("try_cast(a as integer)"), HasSubstr("try_cast turns what it cannot convert into NULL"));
  EXPECT_THAT(mistake_of("cast(a as varchar(3))"), HasSubstr("a cast does not shorten text"));
  EXPECT_THAT(mistake_of("try_strptime(a, '%Y')"), HasSubstr("|strptime rejects the record instead"));
}

TEST_F(ComposeTest, NothingThatChangesFromRunToRun) {
  for (const char* call : {"now()", "today()", "random()", "uuid()", "current_date", "current_timestamp", "age(ts)",
                           "nextval('s')", "gen_random_uuid()", "current_setting('x')", "get_current_timestamp()"}) {
    EXPECT_THAT(mistake_of(call), HasSubstr("result changes from run to run")) << call;
    EXPECT_THAT(mistake_of(call), HasSubstr("|meta.loaded_at is the time of the run")) << call;
  }
  EXPECT_EQ(mistake_of("version"), "") << "a field's name";
}

TEST_F(ComposeTest, UnknownFunctionsHaveANearestName) {
  EXPECT_EQ(mistake_of("uper(a)"), "unknown function: \"uper\"|did you mean upper?");
  EXPECT_EQ(mistake_of("normalise_title(a)"), "unknown function: \"normalise_title\"|did you mean normalize_title?");
  EXPECT_THAT(mistake_of("ingot_guard()"), HasSubstr("unknown function"));
}

TEST_F(ComposeTest, SourceFieldsAreText) {
  const std::string hint = "|source fields are text; declare the column, or cast(x as integer)";
  EXPECT_EQ(mistake_of("year > 1.5", "boolean"),
            "Cannot compare values of type VARCHAR and type DECIMAL(2,1) - an explicit cast is required" + hint);
  // DuckDB would take '1.7' for 2 here.
  EXPECT_EQ(mistake_of("year = 5", "boolean"), "text is used as INTEGER: \"year\"" + hint);
  EXPECT_THAT(mistake_of("year = n", "boolean"), HasSubstr("text is used as INTEGER"));
  EXPECT_THAT(mistake_of("year in (1, 2)", "boolean"), HasSubstr(hint));
  EXPECT_EQ(mistake_of("year + 1", "integer"), "no function takes these types: +(VARCHAR, INTEGER_LITERAL)" + hint);
  EXPECT_EQ(mistake_of("sqrt(year)", "float8"), "no function takes these types: sqrt(VARCHAR)" + hint);
  EXPECT_THAT(mistake_of("coalesce(year, 1)", "integer"), HasSubstr(hint));
  EXPECT_THAT(mistake_of("case when flag then 1 end", "integer"), HasSubstr("text is used as BOOLEAN"));
  EXPECT_EQ(mistake_of("cast(year as integer) > 1.5", "boolean"), "");
}

TEST_F(ComposeTest, WhatDuckDbWouldSlipIn) {
  EXPECT_THAT(mistake_of("n and true", "boolean"), HasSubstr("INTEGER is used as a condition"));
  EXPECT_THAT(mistake_of("upper(j -> 'a')"), HasSubstr("json is used as VARCHAR"));
  EXPECT_THAT(mistake_of("(j -> 'a') = 'x'", "boolean"), HasSubstr("this text is no JSON: 'x'"));
  EXPECT_THAT(mistake_of("j -> 'a' = 'x'", "boolean"), HasSubstr("-> binds weakly"));
  EXPECT_THAT(mistake_of("n = '1.7'", "boolean"), HasSubstr("this text is no INTEGER: '1.7'"));
  EXPECT_THAT(mistake_of("ts > '2024-1-5'", "boolean"), HasSubstr("this text is no TIMESTAMP: '2024-1-5'"));
  EXPECT_EQ(mistake_of("ts > '2024-01-05' and n = '17'", "boolean"), "");
  EXPECT_THAT(mistake_of("date '2024-02-30'", "date"), HasSubstr("a constant does not fit its type: "));
  EXPECT_THAT(mistake_of("cast('1.5' as integer)", "integer"), HasSubstr("not an integer"));
}

TEST_F(ComposeTest, ResultsBecomeTheColumnsType) {
  EXPECT_EQ(value_of("price * 2", "numeric(12,2)", {{"price", "1.25"}}), "{'v': 2.50}");
  EXPECT_EQ(value_of("price / 3", "numeric(12,2)", {{"price", "1.00"}}), "NULL");
  EXPECT_EQ(value_of("round(price / 3, 2)", "numeric(12,2)", {{"price", "1.00"}}), "{'v': 0.33}");
  EXPECT_EQ(value_of("coalesce(price >= 5, false)", "boolean"), "{'v': false}");
  EXPECT_EQ(value_of("'2024-01-01'", "date"), "{'v': 2024-01-01}");
  EXPECT_EQ(value_of("null", "date"), "{'v': NULL}");
  EXPECT_EQ(value_of("n", "text", {{"n", "5"}}), "{'v': 5}");
  EXPECT_THAT(mistake_of("ts", "date"), HasSubstr("no exact conversion from TIMESTAMP to DATE|cast(… as date)"));
  EXPECT_THAT(mistake_of("ok", "integer"), HasSubstr("no exact conversion from BOOLEAN to INTEGER"));
  EXPECT_THAT(mistake_of("j -> 'a'", "text"), HasSubstr("no exact conversion from JSON to VARCHAR|->> takes"));
}

TEST_F(ComposeTest, TheLanguage) {
  EXPECT_EQ(value_of("case n when 1 then 'one' else 'more' end", "text", {{"n", "2"}}), "{'v': more}");
  EXPECT_EQ(value_of("a like 'x%' and a not ilike '%Z'", "boolean", {{"a", "'xy'"}}), "{'v': true}");
  EXPECT_EQ(value_of("n between 1 and 3 or n is null", "boolean", {{"n", "3"}}), "{'v': true}");
  EXPECT_EQ(value_of("a is distinct from b", "boolean", {{"a", "'x'"}}), "{'v': true}");
  EXPECT_EQ(value_of("extract(year from ts) + date_part('month', ts)", "integer", {{"ts", "'2024-02-01'"}}),
            "{'v': 2026}");
  EXPECT_EQ(value_of("ts + interval 1 day + interval '2 hours'", "timestamp", {{"ts", "'2024-02-01'"}}),
            "{'v': '2024-02-02 02:00:00'}");
  EXPECT_EQ(value_of("cast(strptime(a, '%m %d, %Y') as date)", "date", {{"a", "'07 5, 2014'"}}), "{'v': 2014-07-05}");
  EXPECT_EQ(value_of("cast(strptime(a, '%m %d, %Y') as date)", "date", {{"a", "'07/5'"}}), "NULL");
  EXPECT_EQ(value_of("ok is not true", "boolean", {{"ok", "false"}}), "{'v': true}");
  EXPECT_EQ(value_of("string_split(a, ',')[2]", "text", {{"a", "'x,y'"}}), "{'v': y}");
  EXPECT_EQ(value_of("substring(a from 2 for 1) || trim(both 'x' from a)", "text", {{"a", "'xyx'"}}), "{'v': yy}");
  EXPECT_EQ(value_of("regexp_replace(a, '[0-9]+', '#', 'g')", "text", {{"a", "'a1b22'"}}), "{'v': a#b#}");
}

TEST(Functions, ReferenceNamesEachOnce) {
  const std::string text = functions_reference_markdown();
  EXPECT_THAT(text, HasSubstr("## Text\n\n| | |\n|---|---|\n| `normalize_title(s)` |"));
  EXPECT_THAT(text, HasSubstr("`a \\|\\| b`"));
}

TEST(Functions, ReferenceIsUpToDate) {
  std::ifstream file("docs/reference/functions.md");
  if (!file) GTEST_SKIP() << "not run from the project's folder";
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(text, testing::EndsWith(functions_reference_markdown()))
      << "replace what follows the introduction of docs/reference/functions.md";
}

TEST_F(ComposeTest, EveryFunctionOfTheListExists) {
  const auto known = connection_.Query("SELECT DISTINCT function_name FROM duckdb_functions()");
  std::set<std::string> names;
  for (duckdb::idx_t row = 0; row < known->RowCount(); ++row) names.insert(known->GetValue(0, row).ToString());
  for (const auto& name : allowed_function_names()) {
    if (name == "coalesce" || name == "ifnull") continue;  // the parser's own
    EXPECT_TRUE(names.contains(name)) << name;
  }
  const auto moving = connection_.Query(
      "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'scalar' AND stability <> "
      "'CONSISTENT'");
  for (duckdb::idx_t row = 0; row < moving->RowCount(); ++row) {
    EXPECT_FALSE(check_allowed(moving->GetValue(0, row).ToString(), 2)) << moving->GetValue(0, row).ToString();
  }
}

}  // namespace ingot
