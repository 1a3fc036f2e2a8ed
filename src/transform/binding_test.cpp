#include <gmock/gmock.h>

#include "transform/compose_fixture.h"

namespace ingot {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(ComposeTest, DeclaredNamesMeanColumnsWhateverTheSourceHolds) {
  // In plain SQL length(name) would be the source's name, if there is one.
  columns({computed("name", "text", "upper(n)"), computed("size", "integer", "length(name)")});
  const std::map<std::string, std::string> record = {{"n", "'abc'"}, {"name", "'longer than that'"}};
  EXPECT_EQ(run_one("t0_c0", record), "{'v': ABC}");
  EXPECT_EQ(run_one("t0_c1", record), "{'v': 3}");
}

TEST_F(ComposeTest, OwnNameMeansTheSourceField) {
  columns({computed("app_version", "integer", "split_part(app_version, '.', 1)")});
  EXPECT_EQ(run_one("t0_c0", {{"app_version", "'2.13.0'"}}), "{'v': 2}");
  EXPECT_EQ(run_one("t0_c0", {{"app_version", "'x.13.0'"}}), "NULL");
}

TEST_F(ComposeTest, NamesAreCaseSensitive) {
  columns({plain("reviewerid", "text"), computed("x", "text", "reviewerID || '-' || reviewerid")});
  EXPECT_EQ(run_one("t0_c1", {{"reviewerid", "'low'"}, {"reviewerID", "'high'"}}), "{'v': high-low}");
}

TEST_F(ComposeTest, RecordIsTheSourceFromItsTop) {
  pipeline_.tables[0].root = {{"data", -1}};
  columns({computed("a", "text", "name"), computed("b", "text", "record.name"),
           computed("c", "text", "record.\"x y\"[0].z"), computed("d", "text", "tags[1]"),
           computed("e", "text", "record")});
  const std::map<std::string, std::string> record = {{"data.name", "'in'"},
                                                     {"name", "'top'"},
                                                     {path_text({{"x y"}, {"", 0}, {"z"}}), "'deep'"},
                                                     {"data.tags[1]", "'tag'"},
                                                     {path_text({}), "'{}'"}};
  EXPECT_EQ(run_one("t0_c0", record), "{'v': in}");
  EXPECT_EQ(run_one("t0_c1", record), "{'v': top}");
  EXPECT_EQ(run_one("t0_c2", record), "{'v': deep}");
  EXPECT_EQ(run_one("t0_c3", record), "{'v': tag}");
  EXPECT_EQ(run_one("t0_c4", record), "{'v': '{}'}");
}

TEST_F(ComposeTest, ChainsOfColumnsAreNestedWithDefaults) {
  auto rating = plain("rating", "numeric(4,2)");
  rating.default_text = "2.5";
  columns({rating, computed("twice", "numeric(5,2)", "rating * 2"), computed("text", "text", "twice || '!'")});
  EXPECT_EQ(run_one("t0_c0", {}), "2.50");
  EXPECT_EQ(run_one("t0_c1", {}), "{'v': 5.00}");
  EXPECT_EQ(run_one("t0_c2", {{"rating", "4"}}), "{'v': 8.00!}");
}

TEST_F(ComposeTest, DefaultOfAComputedColumnStandsForNull) {
  auto x = computed("x", "integer", "nullif(a, '')");
  x.default_text = "7";
  columns({x});
  EXPECT_EQ(run_one("t0_c0", {{"a", "''"}}), "{'v': 7}");
  EXPECT_EQ(run_one("t0_c0", {{"a", "'5'"}}), "{'v': 5}");
}

TEST_F(ComposeTest, DefaultsAreExact) {
  auto x = plain("x", "numeric(4,1)");
  x.default_text = "1.25";
  columns({x});
  EXPECT_EQ(mistake(), "the default does not fit numeric(4,1): \"1.25\"");
}

TEST_F(ComposeTest, CirclesAreRefused) {
  columns({computed("a", "integer", "b + 1"), computed("b", "integer", "c"), computed("c", "integer", "a")});
  EXPECT_EQ(mistake(), "columns are computed from one another in a circle: a → b → c → a|record.a is the source field");
}

TEST_F(ComposeTest, AMistakeIsReportedOnceHoweverManyUseIt) {
  columns({computed("a", "integer", "nope(1)"), computed("b", "integer", "a + 1"), computed("c", "integer", "b + a")});
  EXPECT_EQ(mistake(), "unknown function: \"nope\"|docs/reference/functions.md lists what there is");
}

TEST_F(ComposeTest, MembersOfADeclaredColumnAreAmbiguous) {
  EXPECT_THAT(mistake_of("j.a"), HasSubstr("\"j\" is a declared column, \"j.a\" could be a source field|record.j.a"));
}

TEST_F(ComposeTest, Metadata) {
  EXPECT_EQ(value_of("meta.unit || ':' || meta.line"), "{'v': 'file.json:3'}");
  EXPECT_EQ(value_of("meta.offset + meta.run", "bigint"), "{'v': 17}");
  EXPECT_EQ(value_of("meta.unit_number", "integer"), "{'v': 0}");
  EXPECT_EQ(value_of("meta.loaded_at", "timestamptz"), "{'v': '2023-11-14 22:13:20.123456+00'}");
  EXPECT_EQ(value_of("meta.loaded_at", "timestamp"), "{'v': '2023-11-14 22:13:20.123456'}");
  EXPECT_EQ(value_of("cast(meta.loaded_at at time zone 'UTC' as date)", "date"), "{'v': 2023-11-14}");
  EXPECT_EQ(value_of("cast(meta.loaded_at at time zone 'Asia/Tokyo' as date)", "date"), "{'v': 2023-11-15}");
  EXPECT_THAT(mistake_of("meta.sent_at"), HasSubstr("meta.sent_at is not available for files"));
  EXPECT_THAT(mistake_of("meta.index"), HasSubstr("meta.index is a column of a child table"));
  EXPECT_EQ(mistake_of("meta.lines"), "unknown metadata: \"meta.lines\"|did you mean meta.line?");
}

TEST_F(ComposeTest, CsvHasNoNestedFields) {
  pipeline_.from.format = FormatKind::csv;
  EXPECT_THAT(mistake_of("a.b"), HasSubstr("CSV records have no nested fields: \"a.b\""));
  EXPECT_EQ(mistake_of("\"a.b\""), "");
}

TEST_F(ComposeTest, WhereSeesTheColumnsOfTheOnlyTable) {
  columns({plain("rating", "integer"), computed("x", "integer", "rating + 1")});
  pipeline_.where = Expression{"x > 5 and kind = 'a'", {"p.yaml", 2, 8}};
  EXPECT_THAT(
      run("__where", {{{"rating", "5"}, {"kind", "'a'"}}, {{"rating", "4"}, {"kind", "'a'"}}, {{"rating", "5"}}}),
      ElementsAre("{'v': true}", "{'v': false}", "{'v': NULL}"));
  EXPECT_EQ(composed()->where_slots.size(), 2u);
}

TEST_F(ComposeTest, WhensSeeTheSourceFromItsTop) {
  pipeline_.routed = true;
  pipeline_.tables.resize(3);
  for (size_t i = 0; i < 3; ++i) {
    pipeline_.tables[i].root = {{"data", -1}};
    pipeline_.tables[i].columns = {plain("type", "text")};
  }
  pipeline_.tables[0].when = Expression{"type = 'song'", {}};
  pipeline_.tables[2].when = Expression{"type = 'app'", {}};
  pipeline_.where = Expression{"type is not null", {}};
  const std::map<std::string, std::string> record = {{"type", "'app'"}, {"data.type", "'song'"}};
  EXPECT_EQ(run_one("__when_0", record), "{'v': false}");
  EXPECT_EQ(run_one("__when_2", record), "{'v': true}");
  EXPECT_EQ(run_one("__where", record), "{'v': true}");
  EXPECT_EQ(run_one("t1_c0", record), "song");
  const auto composition = composed();
  EXPECT_THAT(composition->when_columns, ElementsAre(0, -1, 1));
  EXPECT_EQ(composition->slots.size(), 2u) << "equal slots are shared by tables";
  EXPECT_THAT(composition->when_slots, ElementsAre(0));
  EXPECT_THAT(composition->tables[2].used_slots, ElementsAre(1));
}

TEST_F(ComposeTest, ConditionsMustBeConditions) {
  columns({plain("n", "integer")});
  pipeline_.where = Expression{"n + 1", {"p.yaml", 2, 8}};
  EXPECT_EQ(mistake(), "a condition is wanted, this is INTEGER: \"n + 1\"|compare it");
}

TEST_F(ComposeTest, IdentifiersOfAnyKind) {
  columns({plain("select", "text"), plain("Käse \"x\"", "text"),
           computed("a\"b", "text", "\"select\" || \"Käse \"\"x\"\"\"")});
  pipeline_.tables[0].key = {"Käse \"x\""};
  EXPECT_EQ(run_one("t0_c2", {{"select", "'1'"}, {path_text({{"Käse \"x\"", -1}}), "'2'"}}), "{'v': 12}");
  EXPECT_THAT(composed()->tables[0].key, ElementsAre(1));
}

TEST_F(ComposeTest, JsonTravelsAsText) {
  EXPECT_EQ(value_of("j -> 'a'", "json", {{"j", "'{\"a\": [1, 2]}'"}}), "{'v': '[1,2]'}");
  EXPECT_EQ(value_of("j -> 'a' ->> 0", "integer", {{"j", "'{\"a\": [1, 2]}'"}}), "{'v': 1}");
  EXPECT_EQ(value_of("(j ->> 'a') = 'x'", "boolean", {{"j", "'{\"a\": \"x\"}'"}}), "{'v': true}");
  EXPECT_EQ(run_one("t0_c3", {{"j", "'{\"a\": \"x\"}'"}}), "{\"a\": \"x\"}");
}

}  // namespace ingot
