#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/json/json_test_rig.h"

namespace ingot::json {
namespace {

using Layout = JsonOptions::Layout;
using Values = std::vector<std::optional<std::string>>;
using testing::ElementsAre;
using namespace std::string_literals;

TestRun run_lines(std::vector<Slot> slots, std::string_view unit) {
  return TestRig(Layout::lines, std::move(slots)).run(unit);
}

TestRow read_value(std::string_view type, const std::string& value) {
  return run_lines({test_slot("a", type)}, "{\"a\":" + value + "}").rows.at(0);
}

TEST(JsonDecoder, takes_each_json_value_into_each_type_or_says_why_not) {
  struct Case {
    const char* type;
    const char* json;
    const char* value;  // as DuckDB prints it, or else
    Fault fault;
  };
  const Case cases[] = {
      {"integer", "42", "42", Fault::none},
      {"integer", "\"42\"", "42", Fault::none},
      {"integer", "\"4\\u0032\"", "42", Fault::none},
      {"integer", "2.0", "2", Fault::none},
      {"integer", "2.5", nullptr, Fault::not_an_integer},
      {"smallint", "32768", nullptr, Fault::out_of_range},
      {"integer", "true", nullptr, Fault::wrong_shape},
      {"integer", "[]", nullptr, Fault::wrong_shape},
      {"integer", "{}", nullptr, Fault::wrong_shape},
      {"integer", "\"x\"", nullptr, Fault::not_a_number},
      {"integer", "\"\"", nullptr, Fault::not_a_number},
      {"integer", "null", nullptr, Fault::none},
      {"bigint", "9007199254740993", "9007199254740993", Fault::none},
      {"bigint", "9223372036854775808", nullptr, Fault::out_of_range},
      {"numeric(38,2)", "123456789012345678901234567890123456.78", "123456789012345678901234567890123456.78",
       Fault::none},
      {"numeric(4,2)", "9.999", nullptr, Fault::not_exact},
      {"numeric(4,2)", "\"9.99\"", "9.99", Fault::none},
      {"numeric(6,2)", "1.5e2", "150.00", Fault::none},
      {"double precision", "0.1", "0.1", Fault::none},
      {"double precision", "1e400", nullptr, Fault::out_of_range},
      {"boolean", "true", "true", Fault::none},
      {"boolean", "false", "false", Fault::none},
      {"boolean", "\"yes\"", "true", Fault::none},
      {"boolean", "1", nullptr, Fault::wrong_shape},
      {"boolean", "\"maybe\"", nullptr, Fault::not_a_boolean},
      {"text", "\"x\"", "x", Fault::none},
      {"text", "\"\"", "", Fault::none},
      {"text", "1.50", "1.50", Fault::none},
      {"text", "1E2", "1E2", Fault::none},
      {"text", "true", "true", Fault::none},
      {"text", "{}", nullptr, Fault::wrong_shape},
      {"text", "[\"x\"]", nullptr, Fault::wrong_shape},
      {"text", "\"\\ud83d\\ude00\\n\\\"\\\\\\/\\b\\f\\r\\t\\u00e9\\u20AC\"", "😀\n\"\\/\b\f\r\té€", Fault::none},
      {"text", "\"a\\u0000b\"", nullptr, Fault::nul_byte},
      {"varchar(3)", "\"äöü\"", "äöü", Fault::none},
      {"varchar(3)", "\"\\u00e4\\u00f6\\u00fc\"", "äöü", Fault::none},
      {"varchar(3)", "\"abcd\"", nullptr, Fault::too_long},
      {"varchar(3)", "\"abc\\t\"", nullptr, Fault::too_long},
      {"date", "\"2024-02-29\"", "2024-02-29", Fault::none},
      {"date", "\"2023-02-29\"", nullptr, Fault::out_of_range},
      {"date", "20240229", nullptr, Fault::wrong_shape},
      {"timestamp", "\"2024-02-29T12:00:00\"", "2024-02-29 12:00:00", Fault::none},
      {"timestamp", "1709208000", nullptr, Fault::wrong_shape},
      {"uuid", "\"00112233-4455-6677-8899-aabbccddeeff\"", "00112233-4455-6677-8899-aabbccddeeff", Fault::none},
      {"uuid", "1", nullptr, Fault::wrong_shape},
      {"json", "{\"x\" : [1, 2.50]}", "{\"x\" : [1, 2.50]}", Fault::none},
      {"json", "\"a\\u0000\\n\"", "\"a\\u0000\\n\"", Fault::none},
      {"json", "1.50", "1.50", Fault::none},
      {"json", "null", nullptr, Fault::none},
      {"json", "false", "false", Fault::none},
  };
  for (const Case& c : cases) {
    const TestRow row = read_value(c.type, c.json);
    EXPECT_EQ(fault_name(row.fault()), fault_name(c.fault)) << c.type << " " << c.json;
    EXPECT_EQ(row.values[0], c.value == nullptr ? std::nullopt : std::optional<std::string>(c.value))
        << c.type << " " << c.json;
  }
}

TEST(JsonDecoder, keeps_long_strings_with_and_without_escapes) {
  for (size_t size = 0; size < 70; ++size) {
    const std::string plain(size, 'x');
    EXPECT_EQ(read_value("text", "\"" + plain + "\"").values[0], plain);
    EXPECT_EQ(read_value("text", "\"" + plain + "\\n\"").values[0], plain + "\n");
    EXPECT_EQ(read_value("text", "\"\\\\" + plain + "\\u00e9y\"").values[0], "\\" + plain + "éy");
  }
}

TEST(JsonDecoder, gives_undeclared_source_fields_as_they_stand) {
  const TestRig rig(Layout::lines, {source_text("a"), source_text("")});
  const auto read = [&](const std::string& value) {
    const std::string record = "{\"a\":" + value + "}";
    const TestRow row = rig.run(record).rows.at(0);
    EXPECT_EQ(row.values[1], record);
    return row.values[0];
  };
  EXPECT_EQ(read("\"x\\n\""), "x\n");
  EXPECT_EQ(read("\"\""), "");
  EXPECT_EQ(read("1.50"), "1.50");
  EXPECT_EQ(read("true"), "true");
  EXPECT_EQ(read("[1, {\"b\": 2}]"), "[1, {\"b\": 2}]");
  EXPECT_EQ(read("{ }"), "{ }");
  EXPECT_EQ(read("null"), std::nullopt);
}

TEST(JsonDecoder, finds_nested_fields_elements_and_the_first_source_present) {
  const std::vector<Slot> slots = {test_slot("a.b.c", "integer"),
                                   test_slot("l[1]", "text"),
                                   test_slot("l[2].x", "integer"),
                                   test_slot("a", "json"),
                                   test_slot({"p", "q", "a.b.c"}, "integer"),
                                   test_slot("l", "json"),
                                   test_slot("m[0][1]", "integer")};
  const auto read = [&](std::string_view record) { return run_lines(slots, record).rows.at(0).values; };
  EXPECT_EQ(read(R"({"a":{"z":[1,{"c":9}],"b":{"c":1}},"l":["p", "q" ,{"x":3},4],"q":5,"m":[[6,7],8]})"),
            (Values{"1", "q", "3", R"({"z":[1,{"c":9}],"b":{"c":1}})", "5", R"(["p", "q" ,{"x":3},4])", "7"}));
  EXPECT_EQ(read(R"({"q":2,"p":1,"m":[]})"), (Values{{}, {}, {}, {}, "1", {}, {}}));
  EXPECT_EQ(read(R"({"q":2,"p":null})"), (Values{{}, {}, {}, {}, {}, {}, {}}));
  EXPECT_EQ(read(R"({"l":[1],"a":{"b":{"c":4}}})"), (Values{"4", {}, {}, R"({"b":{"c":4}})", "4", "[1]", {}}));
  EXPECT_EQ(read(R"({"a":{"b":[{"c":1}]},"l":{"1":2},"m":[1]})"),
            (Values{{}, {}, {}, R"({"b":[{"c":1}]})", {}, R"({"1":2})", {}}));
  EXPECT_EQ(read("{}"), (Values(7)));
}

TEST(JsonDecoder, compares_keys_unescaped) {
  const std::vector<Slot> slots = {test_slot("\"é\"", "integer"), test_slot("\"a\\b\"", "integer"),
                                   test_slot("\"\"", "integer"), test_slot("\"a.b\"", "integer")};
  const TestRun run = run_lines(slots,
                                "{\"\\u00e9\":1,\"a\\\\b\":2,\"\":3,\"a.b\":4}\n"
                                "{\"é\":1,\"a\\b\":2,\" \":3,\"a\\u002eb\":4}\n"
                                "{\"a\\u005cb\":5,\"a\\b\":7,\"\\u00e9\" : 6}\n");
  EXPECT_EQ(run.rows[0].values, (Values{"1", "2", "3", "4"}));
  EXPECT_EQ(run.rows[1].values, (Values{"1", {}, {}, "4"}));
  EXPECT_EQ(run.rows[2].values, (Values{"6", "5", {}, {}}));
}

TEST(JsonDecoder, follows_changing_orders_of_keys) {
  std::string unit;
  std::vector<std::string> keys = {"alpha",   "beta",     "a_very_long_key_number_1", "a_very_long_key_number_2", "x",
                                   "unknown", "unknown_2"};
  std::vector<Values> expected;
  for (int i = 0; i < 500; ++i) {
    unit += "{";
    for (size_t k = 0; k < keys.size(); ++k)
      unit += (k ? ",\"" : "\"") + keys[k] + "\":\"" + keys[k] + std::to_string(i) + "\"";
    unit += ",\"u" + std::to_string(i) + "\":0}\n";
    const std::string n = std::to_string(i);
    expected.push_back(
        {"alpha" + n, "beta" + n, "a_very_long_key_number_1" + n, "a_very_long_key_number_2" + n, "x" + n});
    if (i % 3 == 0) std::next_permutation(keys.begin(), keys.end());
  }
  const TestRun run =
      run_lines({test_slot("alpha", "text"), test_slot("beta", "text"), test_slot("a_very_long_key_number_1", "text"),
                 test_slot("a_very_long_key_number_2", "text"), test_slot("x", "text")},
                unit);
  ASSERT_EQ(run.rows.size(), 500u);
  for (size_t i = 0; i < 500; ++i) EXPECT_EQ(run.rows[i].values, expected[i]);
}

TEST(JsonDecoder, refuses_repeated_declared_keys_only) {
  const auto fault = [](std::string_view record) {
    return fault_name(run_lines({test_slot("a", "integer"), test_slot("b.c", "integer")}, record).rows.at(0).fault());
  };
  EXPECT_EQ(fault(R"({"a":1,"a":1})"), "duplicate_key");
  EXPECT_EQ(fault(R"({"a":1,"\u0061":2})"), "duplicate_key");
  EXPECT_EQ(fault(R"({"b":1,"b":{"c":2}})"), "duplicate_key");
  EXPECT_EQ(fault(R"({"b":{"c":1,"c":2}})"), "duplicate_key");
  EXPECT_EQ(fault(R"({"x":1,"x":1,"c":1,"c":1})"), "none");
  EXPECT_EQ(fault(R"({"b":{"x":1,"x":2,"a":1,"a":2}})"), "none");
}

TEST(JsonDecoder, wants_objects_only_where_slots_need_keys) {
  const TestRun keyed = run_lines({test_slot("a", "integer"), test_slot("", "json")}, "[1]\n2\n\"x\"\nnull\n{}\ntru\n");
  std::vector<std::string> faults;
  for (const TestRow& row : keyed.rows) faults.emplace_back(fault_name(row.fault()));
  EXPECT_THAT(faults,
              ElementsAre("not_an_object", "not_an_object", "not_an_object", "not_an_object", "none", "bad_json"));
  const TestRun whole = run_lines({test_slot("", "json"), test_slot("[0]", "integer")}, "[1]\n2\n\"x\"\nnull\n");
  EXPECT_EQ(whole.rows[0].values, (Values{"[1]", "1"}));
  EXPECT_EQ(whole.rows[1].values, (Values{"2", {}}));
  EXPECT_EQ(whole.rows[2].values, (Values{"\"x\"", {}}));
  EXPECT_EQ(whole.rows[3].values, (Values{{}, {}}));
  for (const TestRow& row : whole.rows) EXPECT_TRUE(row.faults.empty());
}

TEST(JsonDecoder, addresses_records_and_lists_their_faults_in_slot_order) {
  const TestRun run = run_lines({test_slot("b", "integer"), test_slot("a", "date"), test_slot("c", "text")},
                                "\xEF\xBB\xBF{\"a\":\"2024-01-01\"}\r\n"
                                "\n \t\r\n"
                                "  {\"a\" : \"x\\ty\", \"b\":1.5,\"c\":\"ok\"}  \n"
                                "{\"b\": 7, \"c\": tru}\n"
                                "{\"b\":8}");
  ASSERT_EQ(run.rows.size(), 4u);
  EXPECT_EQ(run.rows[0].text, "{\"a\":\"2024-01-01\"}");
  EXPECT_EQ(run.rows[0].values, (Values{{}, "2024-01-01", {}}));
  EXPECT_EQ(run.rows[0].line, 1u);
  EXPECT_EQ(run.rows[1].text, "{\"a\" : \"x\\ty\", \"b\":1.5,\"c\":\"ok\"}");
  EXPECT_EQ(run.rows[1].values, (Values{{}, {}, "ok"}));
  EXPECT_THAT(run.rows[1].faults, ElementsAre(TestFault{0, Fault::not_an_integer, 4, 22, "1.5"},
                                              TestFault{1, Fault::not_a_date, 4, 10, "x\\ty"}));
  EXPECT_THAT(run.rows[2].faults, ElementsAre(TestFault{-1, Fault::bad_json, 5, 15, "tru}"}));
  EXPECT_EQ(run.rows[2].values, Values(3));
  EXPECT_EQ(run.rows[3].line, 6u);
  EXPECT_EQ(run.rows[3].values[0], "8");
}

TEST(JsonDecoder, a_broken_line_costs_one_record) {
  for (const std::string& broken :
       {"{\"a\":\"unclosed}"s, "{\"a\":\"bad \xff utf8\"}"s, "{\"a\":\"nul \0 byte\"}"s, "{\"a\":\"trunc"s,
        "{\"a\":1,\"b\":"s, "{\"a\":{\"b\":["s, "{"s, "}"s, "\""s, "\\"s, "{\"a\":1}\\"s, "{\"a\":1}}"s, "{\"a\\\":1}"s,
        "[]]"s, "{\"a\":1} {\"a\":2}"s, "\xed\xa0\x80"s, "{\"a\":\"\x01\"}"s, "{\"a\":\"x\" \"}"s, "\0"s}) {
    for (size_t position : {0u, 1u, 150u, 298u, 299u}) {
      std::string unit;
      for (size_t i = 0; i < 300; ++i)
        unit += i == position ? broken + "\n" : "{\"a\":\"value " + std::to_string(i) + "\"}\n";
      const TestRun run = run_lines({test_slot("a", "text")}, unit);
      ASSERT_EQ(run.rows.size(), 300u);
      for (size_t i = 0; i < 300; ++i) {
        EXPECT_EQ(run.rows[i].line, i + 1);
        EXPECT_EQ(run.rows[i].faults.size(), i == position ? 1u : 0u) << broken;
        EXPECT_EQ(run.rows[i].values[0], i == position ? std::nullopt : std::optional("value " + std::to_string(i)));
      }
    }
  }
}

TEST(JsonDecoder, does_not_depend_on_windows_and_chunks) {
  std::string unit;
  for (int i = 0; i < 3000; ++i) {
    unit += "{\"a\":\"" + std::string(static_cast<size_t>(i * 7 % 300), 'x') + (i % 500 == 77 ? "\xff" : "") +
            "\",\"b\":" + std::to_string(i) + "}\n";
  }
  const TestRig rig(Layout::lines, {test_slot("a", "text"), test_slot("b", "integer")});
  const TestRun whole = rig.run(unit);
  ASSERT_EQ(whole.rows.size(), 3000u);
  EXPECT_EQ(std::count_if(whole.rows.begin(), whole.rows.end(),
                          [](const TestRow& row) { return row.fault() == Fault::bad_utf8; }),
            6);
  EXPECT_EQ(rig.run(unit, {1 << 20}, 1), whole);
  EXPECT_EQ(rig.run(unit, {1 << 20}, 127), whole);
  EXPECT_EQ(rig.run(unit, {1000}, 2048), whole);
  const TestRig values(Layout::values, {test_slot("a", "text"), test_slot("b", "integer")});
  EXPECT_EQ(values.run(unit), whole);
  EXPECT_EQ(values.run(unit, {777}, 5), whole);
}

TEST(JsonDecoder, takes_no_slots) {
  const TestRun run = run_lines({}, "{\"a\":1}\n[tru]\n2\n");
  ASSERT_EQ(run.rows.size(), 3u);
  EXPECT_EQ(run.rows[1].fault(), Fault::bad_json);
}

}  // namespace
}  // namespace ingot::json
