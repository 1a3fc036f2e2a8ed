// What CPython makes of these is compared in tests/e2e/test_pyliteral.py, with thousands more.

#include "format/json/literal_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "format/json/json_test_rig.h"

namespace ingot::json {
namespace {

using namespace std::string_literals;

struct Read {
  std::string json;
  Fault fault = Fault::none;
  size_t place = 0;
};

Read read(const std::string& literal, int max_depth = 200) {
  const std::string padded = literal + std::string(kBlockPadding, '"');
  const std::string_view text = std::string_view(padded).substr(0, literal.size());
  std::string out(LiteralReader::room_for(text), '\0');
  LiteralReader reader(max_depth);
  const Verdict verdict = reader.read(text, out.data());
  if (verdict.fault != Fault::none) return {"", verdict.fault, static_cast<size_t>(verdict.place - text.data())};
  return {std::string(reader.json())};
}

struct Pair {
  std::string literal;
  std::string json;
};

TEST(LiteralReader, WritesJson) {
  const Pair pairs[] = {
      {"{}", "{}"},
      {"[ ]", "[]"},
      {"()", "[]"},
      {"(1)", "1"},
      {"(1,)", "[1]"},
      {"(1, 2)", "[1,2]"},
      {"1, 'a'", R"([1,"a"])"},
      {"1,", "[1]"},
      {"[[], (), {}, ([],)]", "[[],[],{},[[]]]"},
      {"{'a': None, \"b\" :True , u'c':False,}", R"({"a":null,"b":true,"c":false})"},
      {"{1: 2, -3: 4, 0x10: 5, - 0: 6}", R"({"1":2,"-3":4,"16":5,"0":6})"},
      {"{'a': 'b'} # why", R"({"a":"b"})"},
      {"'a' \"b\" u'c' r'\\d'", R"("abc\\d")"},
      {"''", R"("")"},
      {"'''a'b''c\"'''", R"("a'b''c\"")"},
      {"\"it's\"", R"("it's")"},
      {"'say \"x\"'", R"("say \"x\"")"},
      {R"('\x41\u00e9\U0001F600\101\0\'\"\\\a\b\f\n\r\t\v\q')", R"("Aé😀A\u0000'\"\\\u0007\b\f\n\r\t\u000b\\q")"},
      {R"('\ud83d\ude00')", R"("\ud83d\ude00")"},
      {R"(r'\'\\')", R"("\\'\\\\")"},
      {"'tab\there \x01'", R"("tab\there \u0001")"},
      {"'0123456789abcdef0123456789abcdef'", R"("0123456789abcdef0123456789abcdef")"},
      {"[0, 00, 0_0, 1_000, -1, +1, - 2, -0]", "[0,0,0,1000,-1,1,-2,0]"},
      {"[0x1F, 0XfF, 0o17, 0b1_01, 0x_1]", "[31,255,15,5,1]"},
      {"0xffffffffffffffffffffffffffffffff", "340282366920938463463374607431768211455"},
      {"[1., .5, 1e3, 1E+2, 1.e-5, 012.50, 00e1, 1_0.0_1e1_0, -0.0, 1e400]",
       "[1.0,0.5,1e3,1e+2,1.0e-5,12.50,0e1,10.01e10,-0.0,1e400]"},
  };
  for (const Pair& pair : pairs) {
    const Read found = read(pair.literal);
    EXPECT_EQ(fault_name(found.fault), "none") << pair.literal << " at " << found.place;
    EXPECT_EQ(found.json, pair.json) << pair.literal;
  }
}

TEST(LiteralReader, SaysWhatIsWrongAndWhere) {
  const struct {
    std::string literal;
    Fault fault;
    size_t place;
  } cases[] = {
      {"{'a': b'x'}", Fault::no_json_value, 6},
      {"[1, {1, 2}]", Fault::no_json_value, 4},
      {"{'a'}", Fault::no_json_value, 0},
      {"[set()]", Fault::no_json_value, 1},
      {"3j", Fault::no_json_value, 0},
      {"[(3+4j)]", Fault::no_json_value, 2},
      {"[...]", Fault::no_json_value, 1},
      {"{None: 1}", Fault::no_json_value, 1},
      {"{1.5: 1}", Fault::no_json_value, 1},
      {"{(1, 2): 3}", Fault::no_json_value, 1},
      {"{'a': true}", Fault::bad_literal, 6},
      {"{'a': 1", Fault::bad_literal, 7},
      {"{'a' 1}", Fault::bad_literal, 5},
      {"[1 2]", Fault::bad_literal, 3},
      {"[,]", Fault::bad_literal, 1},
      {"[1,,2]", Fault::bad_literal, 3},
      {"'abc", Fault::bad_literal, 0},
      {"'''abc''", Fault::bad_literal, 0},
      {"['a\\x4']", Fault::bad_literal, 3},
      {"'\\N{BULLET}'", Fault::bad_literal, 1},
      {"'\\U00110000'", Fault::bad_literal, 1},
      {"01", Fault::bad_literal, 2},
      {"1__0", Fault::bad_literal, 1},
      {"1_", Fault::bad_literal, 1},
      {"0x", Fault::bad_literal, 2},
      {"0b12", Fault::bad_literal, 3},
      {"1e", Fault::bad_literal, 2},
      {".", Fault::bad_literal, 1},
      {"1a", Fault::bad_literal, 1},
      {"--1", Fault::bad_literal, 1},
      {"-True", Fault::bad_literal, 1},
      {"f'x'", Fault::bad_literal, 0},
      {"nan", Fault::bad_literal, 0},
      {"1+2", Fault::bad_literal, 1},
      {"# c", Fault::bad_literal, 0},
      {"'a\rb'", Fault::bad_literal, 2},
      {"'a\0b'"s, Fault::nul_byte, 2},
      {"[1,\0]"s, Fault::nul_byte, 3},
      {"'\xff'", Fault::bad_utf8, 1},
      {"'\xc3' '\xa9'", Fault::bad_utf8, 1},
      {"[[[1]]]", Fault::too_deep, 2},
      {"((('a')))", Fault::too_deep, 2},
      {"0x1ffffffffffffffffffffffffffffffff", Fault::bad_literal, 0},
  };
  for (const auto& c : cases) {
    const Read found = read(c.literal, 2);
    EXPECT_EQ(fault_name(found.fault), fault_name(c.fault)) << c.literal << " → " << found.json;
    EXPECT_EQ(found.place, c.place) << c.literal;
  }
}

TEST(LiteralReader, HasRoomForWhatGrowsMost) {
  std::string controls(5000, '\1');
  EXPECT_EQ(read("'" + controls + "'").json.size(), 2 + 6 * controls.size());
  std::string nul;
  for (int i = 0; i < 1'000'000; ++i) nul += "\\0";
  EXPECT_EQ(read("'" + nul + "'").json.size(), 2 + 6 * 1'000'000u);
}

const std::vector<Slot>& slots() {
  static const std::vector<Slot> all = {test_slot("asin", "varchar(10)"), test_slot("price", "numeric(5,2)"),
                                        test_slot("related.also[1]", "text"), test_slot("related", "json")};
  return all;
}

TEST(LiteralDecoder, AddressesAndPlacesAreThoseOfTheLiterals) {
  const TestRig rig(JsonOptions::Layout::literals, slots());
  const std::string unit =
      "\xEF\xBB\xBF{'asin': '0001', 'price': 1_0.50, 'related': {'also': (u'a', 'it\\'s')}}\r\n"
      "\n"
      "  {'asin': 'x', 'price': 'it\\'s 12,5O', 'related': None}\n"
      "{'asin': \"caf\\xe9 12345678\", 'price': 1.255}\n"
      "{'asin': b'x'}\n"
      "{'asin': '\\ud800'}\n"
      "['no', 'object']\n"
      "{'asin': 'last'}";
  const TestRun run = rig.run(unit);
  EXPECT_EQ(run, rig.run(unit, {7}, 1));
  ASSERT_EQ(run.rows.size(), 7u);
  EXPECT_EQ(run.rows[0].line, 1u);
  EXPECT_EQ(run.rows[0].values[1], "10.50");
  EXPECT_EQ(run.rows[0].values[2], "it's");
  EXPECT_EQ(run.rows[0].values[3], R"({"also":["a","it's"]})");
  EXPECT_EQ(run.rows[1].text, "{'asin': 'x', 'price': 'it\\'s 12,5O', 'related': None}");
  EXPECT_EQ(run.rows[1].values[3], std::nullopt);
  EXPECT_EQ(run.rows[1].faults, (std::vector<TestFault>{{1, Fault::not_a_number, 3, 26, "it\\'s 12,5O"}}));
  EXPECT_EQ(run.rows[2].faults, (std::vector<TestFault>{{0, Fault::too_long, 4, 10, "caf\\xe9 12345678"},
                                                        {1, Fault::not_exact, 4, 39, "1.255"}}));
  EXPECT_EQ(run.rows[3].faults, (std::vector<TestFault>{{-1, Fault::no_json_value, 5, 10, "b'x'}"}}));
  EXPECT_EQ(run.rows[4].faults, (std::vector<TestFault>{{-1, Fault::lone_surrogate, 6, 11, "\\ud800'}"}}));
  EXPECT_EQ(run.rows[5].faults, (std::vector<TestFault>{{-1, Fault::not_an_object, 7, 1, "['no', 'object']"}}));
  EXPECT_EQ(run.rows[6].values[0], "last");
}

TEST(LiteralDecoder, ManyWindowsAreLikeOne) {
  const TestRig rig(JsonOptions::Layout::literals, slots());
  std::string unit;
  for (int i = 0; i < 3000; ++i) {
    unit += "{'asin': '" + std::to_string(i) + "', 'related': {'also': ['x', '" +
            std::string(i % 7 == 0 ? 400 : 9, 'y') + "']}}\n";
    if (i % 500 == 0) unit += "{'asin': }\n";
  }
  unit += "{'related': {'also': [1, '" + std::string(3 << 20, 'z') + "']}}\n{'asin': 'end'}\n";
  const TestRun run = rig.run(unit);
  ASSERT_EQ(run.rows.size(), 3008u);
  EXPECT_EQ(run, rig.run(unit, {100'000}, 3));
  EXPECT_EQ(run.rows[1].fault(), Fault::bad_literal);
  EXPECT_EQ(run.rows[3005].values[0], "2999");
  EXPECT_EQ(run.rows[3006].values[2]->size(), size_t{3} << 20);
  EXPECT_EQ(run.rows[3007].values[0], "end");
}

}  // namespace
}  // namespace ingot::json
