#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/json/json_test_rig.h"

namespace ingot::json {
namespace {

using Layout = JsonOptions::Layout;
using Values = std::vector<std::optional<std::string>>;
using testing::ElementsAre;

Slot of_each(const std::string& each, const std::string& item, std::string_view type) {
  Slot slot = test_slot(item, type);
  slot.each = *parse_path(each);
  return slot;
}

Slot places(const std::string& each, std::string_view type = "integer") {
  Slot slot;
  slot.each = *parse_path(each);
  slot.type = *parse_type(type);
  slot.position = true;
  return slot;
}

TestRun read_elements(std::vector<Slot> slots, std::string_view unit, size_t max_rows = 2048) {
  return TestRig(Layout::lines, std::move(slots)).run(unit, {1 << 20}, max_rows);
}

const std::vector<Slot> kTags = {places("a.tags"), of_each("a.tags", "", "text")};

TEST(Elements, come_as_lists_of_one_length) {
  const auto run = read_elements({places("a"), of_each("a", "x", "integer"), of_each("a", "y.z", "text"),
                                  of_each("a", "", "json"), test_slot("a[1].x", "integer"), test_slot("b", "text")},
                                 R"({"a":[{"x":1,"y":{"z":"p"}},{"x":2},{},null],"b":"q"})"
                                 "\n"
                                 R"({"b":"r","a":[]})"
                                 "\n"
                                 R"({"b":"s"})"
                                 "\n"
                                 R"({"a":[ {"x" : 3 , "more":[[1],{"a":[2]}]} ]})");
  ASSERT_EQ(run.rows.size(), 4u);
  EXPECT_EQ(run.rows[0].values, (Values{"[0, 1, 2, 3]", "[1, 2, NULL, NULL]", "[p, NULL, NULL, NULL]",
                                        R"(['{"x":1,"y":{"z":"p"}}', '{"x":2}', '{}', NULL])", "2", "q"}));
  EXPECT_EQ(run.rows[1].values, (Values{"[]", "[]", "[]", "[]", std::nullopt, "r"}));
  EXPECT_EQ(run.rows[2].values, (Values{"[]", "[]", "[]", "[]", std::nullopt, "s"}));
  EXPECT_EQ(run.rows[3].values[1], "[3]");
  for (const TestRow& row : run.rows) EXPECT_THAT(row.faults, ElementsAre());
}

TEST(Elements, of_texts_are_unescaped_and_outlive_the_block) {
  const auto run =
      read_elements(kTags, R"({"a":{"tags":["x","a longer text than is inlined","A longer \u00e9scape \"too\"",""]}})");
  EXPECT_EQ(run.rows.at(0).values[1], R"([x, a longer text than is inlined, 'A longer éscape "too"', ''])");
}

TEST(Elements, null_and_absent_are_none_and_what_is_no_array_is_a_fault) {
  for (const char* none : {R"({"a":{"tags":null}})", R"({"a":{}})", "{}", R"({"a":7})"}) {
    const auto run = read_elements(kTags, none);
    EXPECT_EQ(run.rows.at(0).values, (Values{"[]", "[]"})) << none;
    EXPECT_THAT(run.rows.at(0).faults, ElementsAre()) << none;
  }
  for (const char* wrong : {"{\"b\":1}", "\"x\"", "7", "true"}) {
    const auto run = read_elements(kTags, R"({"a":{"tags":)" + std::string(wrong) + "}}");
    EXPECT_EQ(run.rows.at(0).fault(), Fault::not_an_array) << wrong;
    EXPECT_EQ(run.rows.at(0).faults.at(0).column, 14u) << wrong;
  }
}

TEST(Elements, that_are_wrong_are_named_by_their_number) {
  Slot required = of_each("a", "n", "smallint");
  required.required = true;
  const auto faults_of = [&](const std::string& array) {
    return read_elements({places("a"), required}, "{\"a\":" + array + "}").rows.at(0).faults;
  };
  using F = TestFault;
  EXPECT_THAT(faults_of(R"([{"n":1},{"n":40000},{"n":"x"}])"),
              ElementsAre(F{1, Fault::out_of_range, 1, 20, "40000", 1}, F{1, Fault::not_a_number, 1, 32, "x", 2}));
  EXPECT_THAT(faults_of(R"([{"n":1},{"m":2}])"), ElementsAre(F{1, Fault::missing, 1, 15, "", 1}));
  EXPECT_THAT(faults_of(R"([{"n":null}])"), ElementsAre(F{1, Fault::missing, 1, 12, "null", 0}));
  EXPECT_THAT(faults_of("[{\"n\":1}, 7]"),
              ElementsAre(F{0, Fault::not_an_object, 1, 16, "7", 1}, F{1, Fault::missing, 1, 16, "", 1}));
}

TEST(Elements, of_a_record_that_cannot_be_read_are_none) {
  const auto run = read_elements(kTags, R"({"a":{"tags":["x","y"]}})"
                                        "\n"
                                        R"({"a":{"tags":["lost",tru]}})"
                                        "\n"
                                        R"({"a":{"tags":["z"],"tags":[]}})"
                                        "\n"
                                        R"({"a":{"tags":["q"]}})");
  ASSERT_EQ(run.rows.size(), 4u);
  EXPECT_EQ(run.rows[0].values[1], "[x, y]");
  EXPECT_EQ(run.rows[1].fault(), Fault::bad_json);
  EXPECT_EQ(run.rows[1].values[1], "[]");
  EXPECT_EQ(run.rows[2].fault(), Fault::duplicate_key);
  EXPECT_EQ(run.rows[3].values[1], "[q]");
}

TEST(Elements, of_many_records_do_not_depend_on_the_cut) {
  std::string unit;
  for (int i = 0; i < 700; ++i) {
    unit += "{\"a\":{\"tags\":[";
    for (int k = 0; k < i % 7; ++k) unit += (k > 0 ? ",\"text " : "\"text ") + std::to_string(i * 10 + k) + "\"";
    unit += "]}}\n";
  }
  const auto whole = read_elements(kTags, unit);
  ASSERT_EQ(whole.rows.size(), 700u);
  EXPECT_EQ(whole.rows[699].values[1], "[text 6990, text 6991, text 6992, text 6993, text 6994, text 6995]");
  for (const size_t rows : {1, 7, 200}) EXPECT_EQ(read_elements(kTags, unit, rows), whole) << rows;
}

TEST(Elements, have_places_that_fit_their_type) {
  std::string array = "[0";
  for (int i = 0; i < 32768; ++i) array += ",0";
  const auto run = read_elements({places("a"), places("a", "smallint")}, "{\"a\":" + array + "]}");
  ASSERT_EQ(run.rows.at(0).faults.size(), 1u);
  EXPECT_EQ(run.rows[0].faults[0].slot, 1);
  EXPECT_EQ(run.rows[0].faults[0].element, 32768u);
}

}  // namespace
}  // namespace ingot::json
