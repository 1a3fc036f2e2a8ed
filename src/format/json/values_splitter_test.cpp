#include "format/json/values_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/json/json_test_rig.h"

namespace ingot::json {
namespace {

using Layout = JsonOptions::Layout;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::string_literals;

// "LINE:TEXT", and a "!" before a record that is rejected.
std::vector<std::string> show(const TestRun& run) {
  std::vector<std::string> shown;
  for (const TestRow& row : run.rows) {
    shown.push_back((row.faults.empty() ? "" : "!") + std::to_string(row.line) + ":" + row.text);
  }
  if (!run.error.empty()) shown.push_back("ERROR " + run.error);
  return shown;
}

const TestRig& rig() {
  static const TestRig rig(Layout::values, {test_slot("", "json")});
  return rig;
}

std::vector<std::string> records(std::string_view unit) { return show(rig().run(unit)); }

TEST(ValuesSplitter, takes_the_elements_of_an_array) {
  EXPECT_THAT(records("[]"), IsEmpty());
  EXPECT_THAT(records(" [ \n ] \n"), IsEmpty());
  EXPECT_THAT(records(R"([{"a":1},{"a":[{}]}])"), ElementsAre(R"(1:{"a":1})", R"(1:{"a":[{}]})"));
  EXPECT_THAT(records("\xEF\xBB\xBF\n[\n  {\"a\": 1,\n \"b\": \"]},[\"} ,\n\n  [2]\n, 3 ,\"x,\\\"\"\n,true]\n"),
              ElementsAre("3:{\"a\": 1,\n \"b\": \"]},[\"}", "6:[2]", "7:3", "7:\"x,\\\"\"", "8:true"));
}

TEST(ValuesSplitter, takes_a_document_and_a_stream) {
  EXPECT_THAT(records(""), IsEmpty());
  EXPECT_THAT(records(" \n\t\r\n"), IsEmpty());
  EXPECT_THAT(records("\xEF\xBB\xBF"), IsEmpty());
  EXPECT_THAT(records("{\n  \"a\": [1,\n2]\n}\n"), ElementsAre("1:{\n  \"a\": [1,\n2]\n}"));
  EXPECT_THAT(records(R"({"a":1}{"b":"}{"} {}[1])"), ElementsAre(R"(1:{"a":1})", R"(1:{"b":"}{"})", "1:{}", "1:[1]"));
  EXPECT_THAT(records("\xEF\xBB\xBF{\"a\":1}\r\n\r\n{\"a\":2}\r\n"), ElementsAre("1:{\"a\":1}", "3:{\"a\":2}"));
  EXPECT_THAT(records("{\n}\n{\n\"a\":\n{\n}\n}{}"), ElementsAre("1:{\n}", "3:{\n\"a\":\n{\n}\n}", "7:{}"));
  EXPECT_THAT(records("1\n \"x\" \ntrue"), ElementsAre("1:1", "2:\"x\"", "3:true"));
  EXPECT_THAT(records("null"), ElementsAre("1:null"));
}

TEST(ValuesSplitter, a_malformed_element_costs_one_record) {
  EXPECT_THAT(
      records(R"([{"a":1},{"a":tru},{"a" 1},{a:{b:[,]}},nul,{"a":2}])"),
      ElementsAre(R"(1:{"a":1})", R"(!1:{"a":tru})", R"(!1:{"a" 1})", "!1:{a:{b:[,]}}", "!1:nul", R"(1:{"a":2})"));
  EXPECT_THAT(records("[{\"a\":\"raw\nnewline\"},\n\"x\ny\",\n{\"a\":\"\xff\"},{\"a\":2}]"),
              ElementsAre("!1:{\"a\":\"raw\nnewline\"}", "!3:\"x\ny\"", "!5:{\"a\":\"\xff\"}", "5:{\"a\":2}"));
  EXPECT_THAT(records(R"([{"a":[1,{"b":2}},{"a":3}])"), ElementsAre(HasSubstr("ERROR")));
}

TEST(ValuesSplitter, fails_the_unit_where_borders_are_unknown) {
  const auto error = [](std::string_view unit) { return rig().run(unit).error; };
  EXPECT_EQ(error("[{}\n {}]"), "no comma between two elements of the array: line 2, column 2");
  EXPECT_EQ(error("[{},\n\n1 2]"), "no comma between two elements of the array: line 3, column 3");
  EXPECT_EQ(error("[{}}"), "no comma between two elements of the array: line 1, column 4");
  EXPECT_EQ(error("[\"x\"y]"), "no comma between two elements of the array: line 1, column 5");
  EXPECT_EQ(error("[{},,{}]"), "an element of the array is missing: line 1, column 5");
  EXPECT_EQ(error("[{},\n]"), "an element of the array is missing: line 2, column 1");
  EXPECT_EQ(error("[,{}]"), "an element of the array is missing: line 1, column 2");
  EXPECT_EQ(error("[}"), "an element of the array is missing: line 1, column 2");
  EXPECT_EQ(error("[{}]\n[{}]"), "text behind the array's end: line 2, column 1");
  EXPECT_EQ(error("[1]x"), "text behind the array's end: line 1, column 4");
  EXPECT_EQ(error("[{},\n"), "the array is not closed: line 2, column 1");
  EXPECT_EQ(error("["), "the array is not closed: line 1, column 2");
  EXPECT_EQ(error("[1"), "the array is not closed: line 1, column 3");
  EXPECT_EQ(error("[{},\n {\"a\":1}"), "the array is not closed: line 2, column 9");
  EXPECT_EQ(error("[{},\n {\"a\":1"), "a record is not closed, up to the end; it begins at: line 2, column 2");
  EXPECT_EQ(error("[{},\n\"x]\n"), "a record is not closed, up to the end; it begins at: line 2, column 1");
  EXPECT_EQ(error("{\"a\":1"), "a record is not closed, up to the end; it begins at: line 1, column 1");
  EXPECT_EQ(error("{}\n{\n\"a\":1\n"), "a record is not closed, up to the end; it begins at: line 2, column 1");
  EXPECT_EQ(error("{\n}\n{\"a\":1"), "a record is not closed, up to the end; it begins at: line 3, column 1");
  EXPECT_EQ(error("\xEF\xBB\xBF {}\n{} {\"a\":\"x"),
            "a record is not closed, up to the end; it begins at: line 2, column 4");
}

TEST(ValuesSplitter, a_broken_line_of_ndjson_costs_few_records) {
  const std::string good = "{\"a\":[1,{\"b\":2}]}";
  const auto with = [&](const std::string& broken) {
    return records(good + "\n" + broken + "\n" + good + "\n" + good + "\n");
  };
  const std::string one = "1:" + good, three = "3:" + good, four = "4:" + good;
  for (const std::string& broken : {"{\"a\":\"unclosed}"s, "{\"a\":\"x[{"s, "{\"a\":{\"b\":1"s, "{\"a\""s, "{\"a"s,
                                    "{"s, "{\"a\":1,"s, "{\"a\":[1"s, "}"s, "abc {\"a\":1}"s, ","s, "{\"a\":\"\xff\"}"s,
                                    "{\"a\":\"nul \0\"}"s, "{\"a\":tru}"s, "\"x"s, "{\"a\":\"\\"s}) {
    EXPECT_THAT(with(broken), ElementsAre(one, "!2:" + broken, three, four)) << broken;
  }
  for (const std::string& broken : {"{\"a\":"s, "{\"a\":[1,"s, "{\"a\":["s}) {
    EXPECT_THAT(with(broken), ElementsAre(one, "!2:" + broken + "\n" + good, four)) << broken;
  }
  EXPECT_THAT(with(good + "}"), ElementsAre(one, "2:" + good, "!2:}", three, four));
  EXPECT_THAT(records(good + "\n{\"a\":"), ElementsAre(one, "!2:{\"a\":"));
  EXPECT_THAT(records(good + "\n{\"a\":\"x\n\n"), ElementsAre(one, "!2:{\"a\":\"x"));
}

TEST(ValuesSplitter, never_takes_a_nested_object_for_a_record) {
  // Pretty-printed without indentation, and damaged: the nested object begins a line.
  EXPECT_THAT(records("{\n\"a\":\"raw\nnewline\",\n\"b\":[\n{\"c\":1},\n{\"c\":2}\n]\n}\n"),
              ElementsAre(testing::StartsWith("!1:{\n\"a\"")));
  EXPECT_THAT(records("{\"z\":1}\n{\"b\":[\n{\"c\":1},\n{\"c\":2}\n]\n}\n{}"),
              ElementsAre("1:{\"z\":1}", "2:{\"b\":[\n{\"c\":1},\n{\"c\":2}\n]\n}", "7:{}"));
  EXPECT_THAT(records("{\"z\":1}\n{\"b\":\n{\n\"c\":\n[\n{},\n[\n]\n]\n}\n}"),
              ElementsAre("1:{\"z\":1}", testing::StartsWith("2:{\"b\"")));
}

TEST(ValuesSplitter, deep_nesting_is_followed) {
  std::string deep =
      "{\"z\":1}\n{\"a\":" + std::string(5000, '[') + "\n[],\n[]" + std::string(5000, ']') + "}\n{\"y\":2}";
  const auto found = records(deep);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[2], "5:{\"y\":2}");
}

TEST(ValuesSplitter, gives_the_same_wherever_the_unit_is_cut) {
  const std::vector<std::string> units = {
      "\xEF\xBB\xBF [\n {\"a\": \"x\\\\\\\"]\", \"b\":[1,\n{}]} ,\"s,\\\\\\\"\", 12 "
      ",\n\ntrue,[[]],{\"bad\":tru},{\"c\":\"\xff\"}\n]\n\n",
      "\xEF\xBB\xBF{\"a\":1}\n{\"a\":\"x\\\"}{\"}\n{\"a\":\"unclosed}\n\n{\"a\":[\n{\"a\":2}\nabc "
      "{\n{\"a\":\"\\\n{\"a\":3}\n{\"a\":4",
      "{\"a\":1}{\"a\":\n[2,\n{\"\\\\\":\"\\\"\"}]} {\"a\":3}\n\n{\n}\n[]\n1\n\"x",
      "[{\"a\":1},\n{\"a\":2}\n{\"a\":3}]",
      "[{\"a\":1},\n{\"a\":\"2",
      "{\"a\":1}\r\n{\"a\":2}\r\n \r\n{\"a\":nul}\r\n",
      "[]",
      "{}",
      " ",
  };
  for (const std::string& unit : units) {
    for (const Layout layout : {Layout::values, Layout::lines}) {
      const TestRig rig(layout, {test_slot("", "json")});
      const TestRun whole = rig.run(unit);
      const auto same = [&](const TestRun& run) {
        // Where a unit fails, what was emitted before does not matter.
        return whole.error.empty() ? run == whole : run.error == whole.error;
      };
      for (size_t first = 1; first <= unit.size(); ++first) {
        EXPECT_TRUE(same(rig.run(unit, {first, unit.size()}))) << unit << " cut at " << first;
        EXPECT_TRUE(same(rig.run(unit, {first}))) << unit << " cut by " << first;
        EXPECT_TRUE(same(rig.run(unit, {first, 1}, 1))) << unit << " cut by one after " << first;
      }
    }
  }
}

TEST(ValuesSplitter, gives_exact_columns_in_a_long_line) {
  const TestRig rig(Layout::values, {test_slot("a", "integer")});
  const std::string unit = "[{\"a\":1},{\"a\":\"x\"},{\"a\":2},{\"a\":tru}]";
  for (size_t piece = 1; piece <= unit.size(); ++piece) {
    const TestRun run = rig.run(unit, {piece});
    ASSERT_EQ(run.rows.size(), 4u);
    EXPECT_THAT(run.rows[1].faults, ElementsAre(TestFault{0, Fault::not_a_number, 1, 15, "x"}));
    EXPECT_THAT(run.rows[3].faults, ElementsAre(TestFault{-1, Fault::bad_json, 1, 33, "tru}"}));
  }
}

}  // namespace
}  // namespace ingot::json
