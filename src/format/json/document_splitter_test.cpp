// The records are the elements of an array within a document: `records: "data.items[*]"`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/json/json_test_rig.h"

namespace ingot::json {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// "LINE:TEXT", and a "!" before a record that is rejected; the same however the unit arrives.
std::vector<std::string> records(std::string_view unit, const std::string& path = "data.items", int max_depth = 200) {
  const TestRig rig(JsonOptions::Layout::values, {test_slot("", "json")}, max_depth, path);
  const TestRun run = rig.run(unit);
  for (const size_t piece : {1, 2, 7}) {
    const TestRun again = rig.run(unit, {piece});
    EXPECT_EQ(again.error, run.error) << unit;
    if (run.error.empty()) EXPECT_EQ(again, run) << unit;
  }
  std::vector<std::string> shown;
  for (const TestRow& row : run.rows) {
    shown.push_back((row.faults.empty() ? "" : "!") + std::to_string(row.line) + ":" + row.text);
  }
  if (!run.error.empty()) shown.push_back("ERROR " + run.error);
  return shown;
}

std::string error(std::string_view unit, const std::string& path = "data.items", int max_depth = 200) {
  const auto shown = records(unit, path, max_depth);
  return shown.empty() || !shown.back().starts_with("ERROR ") ? "no error" : shown.back().substr(6);
}

TEST(DocumentSplitter, TakesTheElementsOfTheArrayAtThePath) {
  EXPECT_THAT(records(R"({"data":{"items":[{"a":1},{"a":[{}]}]}})"), ElementsAre(R"(1:{"a":1})", R"(1:{"a":[{}]})"));
  EXPECT_THAT(
      records("\xEF\xBB\xBF{\r\n \"n\": -1.5e3, \"items\": [7], \"data\":\n {\"x\": {\"items\": [8], \"data\": {}},\n"
              "\"items\" : [ 1 ,\n2\n], \"y\": \"]}\\\"\\u00e9\" }, \"z\": [[], {}, [true, null]]}\r\n\n"),
      ElementsAre("4:1", "5:2"));
  EXPECT_THAT(records(R"({"data":{"items":[]}})"), ElementsAre());
  EXPECT_THAT(records(R"({"\u0064ata":{"i\u0074ems":[1]}})"), ElementsAre("1:1"));
  EXPECT_THAT(records(R"([0,[[5],{"r":[1]}],{"r":[2]}])", "[1][1].r"), ElementsAre("1:1"));
  EXPECT_THAT(records(R"([[],[[3,4]],[9]])", "[1][0]"), ElementsAre("1:3", "1:4"));
  EXPECT_THAT(records(R"({"a":{"a":{"a":[1]}},"b":{"a":[2]}})", "a.a.a"), ElementsAre("1:1"));
}

TEST(DocumentSplitter, AMalformedElementCostsOneRecord) {
  EXPECT_THAT(records(R"({"data":{"items":[{"a":1},{"a":tru},{"b":2}]}})"),
              ElementsAre(R"(1:{"a":1})", R"(!1:{"a":tru})", R"(1:{"b":2})"));
}

TEST(DocumentSplitter, ADocumentWithoutTheArrayFails) {
  EXPECT_EQ(error(""), "the document is not complete: line 1, column 1");
  EXPECT_EQ(error("{}\n"), "the document has no data.items: line 2, column 1");
  EXPECT_EQ(error(R"({"data":[1]})"), "the document has no data.items: line 1, column 13");
  EXPECT_EQ(error(R"({"data":{"items":{}}})"), "what is at data.items is no array: line 1, column 18");
  EXPECT_EQ(error(R"({"data":{"items":null}})"), "what is at data.items is no array: line 1, column 18");
  EXPECT_THAT(error(R"([[]])", "[0][0]"), StartsWith("the document has no [0][0]"));
  EXPECT_THAT(error("7"), StartsWith("the document has no data.items"));
}

TEST(DocumentSplitter, WhatStandsAroundItIsChecked) {
  for (const std::string_view unit : {R"({"data":{"items":[1]}} x)",
                                      R"({"data":{"items":[1]}}{})",
                                      R"({"data":{"items":[1]})",
                                      R"({"data":{"items":[1]}]})",
                                      R"({"data":{"items":[1],}})",
                                      R"({"data":{"items":[1],"a"}})",
                                      R"({"data":{"items":[1],"a":}})",
                                      R"({"data":{"items":[1],"a":tru}})",
                                      R"({"data":{"items":[1],"a":01}})",
                                      R"({"data":{"items":[1],"a":"\x"}})",
                                      R"({"data":{"items":[1],"a":"\u00g0"}})",
                                      R"({"data":{"items":[1] "a":1}})",
                                      R"({"a":[1,],"data":{"items":[1]}})",
                                      R"({a:1,"data":{"items":[1]}})",
                                      R"({"data":{"items":[1],"items":[2]}})",
                                      R"({"data":{"items":[1]},"data":1})",
                                      R"({"data":1,"data":{"items":[1]}})",
                                      "{\"data\":{\"items\":[1],\"a\":\"\n\"}}",
                                      R"({"data":{"items":[1}})",
                                      R"({"data":{"items":[1)",
                                      R"({"data":{"items":[1], "a":[}})",
                                      "{\"data\":{\"items\":[1]}}\x1a",
                                      "x",
                                      "{",
                                      "]"}) {
    EXPECT_NE(error(unit), "no error") << unit;
  }
  EXPECT_THAT(error(R"({"data":{"items":[1],"items":[2]}})"), HasSubstr("the key \"items\" twice: line 1, column 28"));
  EXPECT_THAT(error(R"({"data":{"items":[1]}} x)"), HasSubstr("text behind the document's end: line 1, column 24"));
  EXPECT_THAT(error(R"({"x":[[[]]],"data":{"items":[1]}})", "data.items", 3), HasSubstr("nested deeper than 3"));
}

}  // namespace
}  // namespace ingot::json
