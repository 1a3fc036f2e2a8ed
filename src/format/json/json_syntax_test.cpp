// RFC 8259, case by case, in the spirit of N. Seriot's JSONTestSuite.

#include <gtest/gtest.h>

#include "format/json/json_test_rig.h"

namespace ingot::json {
namespace {

using namespace std::string_literals;

// One line of NDJSON, whose whole record is wanted.
TestRow read_line(const std::string& text, int max_depth = 200) {
  const TestRig rig(JsonOptions::Layout::lines, {test_slot("", "json")}, max_depth);
  const TestRun run = rig.run(text);
  EXPECT_EQ(run.error, "");
  EXPECT_EQ(run.rows.size(), 1u) << text;
  return run.rows.empty() ? TestRow{} : run.rows[0];
}

// clang-format off
const std::vector<std::string> kGood = {
    // numbers
    "[123e65]", "[0e+1]", "[0e1]", "[ 4]",
    "[-0.000000000000000000000000000000000000000000000000000000000000000000000000001]", "[20e1]", "[-0]", "[-123]",
    "[-1]", "[-0]", "[1E22]", "[1E-2]", "[1E+2]", "[123e45]", "[123.456e78]", "[1e-2]", "[1e+2]", "[123]",
    "[123.456789]", "[0]", "[0.0]", "[-0.0e-0]", "[123456789012345678901234567890]", "[1e400]", "[0,0]", "[0 ]",
    "[\t0]", "[1.0,-2.5E3 , 7]",
    // literals, and values at the top
    "true", "false", "null", "42", "-0.1", "\"asd\"", "\"\"", "[]", "{}", "[true]", "[false]", "[null]",
    "[null, 1, \"1\", {}]", "[true,false,null]", " [] ", "\t{}\r", "[]   ",
    // strings
    R"(["\u0060\u012a\u12AB"])", R"(["\uD801\udc37"])", R"(["\ud83d\ude39\ud83d\udc8d"])", R"(["\"\\\/\b\f\n\r\t"])",
    R"(["\\u0000"])", R"(["\""])", "[\"a/*b*/c/*d//e\"]", R"(["\\a"])", R"(["\\n"])", R"(["\u0012"])", R"(["\uFFFF"])",
    "[\"asd\"]", "[ \"asd\"]", R"(["\uDBFF\uDFFF"])", R"(["new\u00A0line"])", "[\"\xf4\x8f\xbf\xbf\"]",
    "[\"\xef\xbf\xbf\"]", R"(["\u0000"])", R"(["\u002c"])", "[\"\xcf\x80\"]", "[\"\xf0\x9b\xbf\xbf\"]", "[\"asd \"]",
    "\" \"", R"(["\uD834\uDd1e"])", R"(["\u0821"])", R"(["\u0123"])", "[\"\xe2\x80\xa8\"]", "[\"\xe2\x80\xa9\"]",
    R"(["\u0061\u30af\u30EA\u30b9"])", "[\"new\xc2\xa0line\"]", R"(["\uDBFF\uDFFE"])", R"(["\u200B"])", R"(["\u2064"])",
    R"(["\uFDD0"])", R"(["\uFFFE"])", R"(["\u0022"])", R"(["\u005C"])", "[\"\x7f\"]", R"(["a\\"])", R"(["\\\\"])",
    R"(["\\\""])", "[\"[{]},:\"]", "[\"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\"]",
    // structure
    R"({"asd":"sdf", "dfg":"fgh"})", R"({"asd":"sdf"})", R"({"a":"b","a":"c"})", R"({"a":"b","a":"b"})", R"({"":0})",
    R"({"foo\u0000bar": 42})", R"({ "min": -1.0e+28, "max": 1.0e+28 })", R"({"x":[{"id": "x"}], "id": "x"})",
    R"({"a":[]})", R"({"a":{}})", R"({ "a" : [ ] , "b" : { } })", "[[]   ]", "[\"\"]", "[1]", "[ 1]",
    "[1,null,null,null,2]", "[2] ", R"({"a" :1})", "[[[[[[[[[[]]]]]]]]]]", R"([{"a":[{"b":[{}]}]}])",
};
// clang-format on

// clang-format off
const std::vector<std::string> kBad = {
    // numbers
    "[-01]", "[+1]", "[++1234]", "[.123]", "[-.123]", "[0.1.2]", "[0.3e+]", "[0.3e]", "[0.e1]", "[0E]", "[0E+]", "[0e]",
    "[0e+]", "[1.0e+]", "[1.0e-]", "[1.0e]", "[1 000.0]", "[1eE2]", "[2.e+3]", "[2.e-3]", "[2.e3]", "[9.e+]", "[Inf]",
    "[NaN]", "[-NaN]", "[-Infinity]", "[Infinity]", "[0x1]", "[0x42]", "[1+2]", "[-foo]", "[- 1]", "[-012]", "[012]",
    "[-1x]", "[1ea]", "[1.]", "[-2.]", "[-]", "[1a]", "[1.2a-3]", "[1.8011670033376514H-308]", "[0e+-1]", "[1-]",
    "[1_000]", "[00]", "[-00]", "[1e1.5]", "[ .5]", "01", "-", "1.", "1e", "[\xef\xbc\x91]",
    // literals
    "[fals]", "[nul]", "[tru]", "[True]", "[TRUE]", "[truee]", "[nullx]", "[true1]", "[false,]", "[n]", "tru", "truth",
    "nulll", "t", "undefined", "[a]", "a", "*", "<.>", "[<null>]", "[true\"\"]",
    // strings
    "[\"\\x00\"]", "[\"\\a\"]", "[\"\\\"]", R"(["\u00A"])", R"(["\u"])", R"(["\uD834\uDd"])", R"(["\u000G"])",
    R"(["\U0041"])", "[\"a\tb\"]", "[\"a\x01z\"]", "[\"a\x1fz\"]", "[\"a", "\"a", "\"", "[\"\\\x01\"]", "['a']",
    "{'a':0}", "[\\n]", "[\\u000A\"\"]", R"(["\ "])", R"(["\0"])", R"(["\']")", R"([")", "[\"x\"y]", "[\"x\"\"y\"]",
    R"(["\u12)", R"(["\"])", R"(["\uD834\u"])", R"(["\u 123"])", "[\"a\r\"]", R"("\")", "[\\\"a\"]",
    // structure
    "[1 true]", "[\"\": 1]", "[\"\"],", "[,1]", "[1,,2]", "[\"x\",,]", "[\"x\"]]", "[\"\",]", "[\"x\"", "[x", "[3[4]]",
    "[1:2]", "[,]", "[   , \"\"]", "[1,]", "[1,,]", "[\"a\",4 ,1,", "[*]", "[\"\"", "[1,", "[{}", "{\"x\"::\"b\"}",
    "{\"x\", null}", "{\"a\":\"a\" 123}", "{key: 'value'}", "{\"a\" b}", "{:\"b\"}", "{\"a\" \"b\"}", "{\"a\":",
    "{\"a\"", "{1:1}", "{9999E9999:1}", "{null:null,null:null}", "{\"id\":0,,,,,}", "{\"id\":0,}", "{\"a\":\"b\"}/**/",
    "{\"a\":\"b\"}#", "{\"a\":\"b\",,\"c\":\"d\"}", "{a: \"b\"}", "{\"a\":\"a", "{ \"foo\" : \"bar\", \"a\" }",
    "{\"a\":\"b\"}#{}", "[1]x", "{}}", "]", "}", "{]", "[}", "{[", "[", "{", "[[]", "{\"a\":1", "{\"a\":[}", "[{]", ",",
    ":", "[1],[2]", "1 2", "{} {}", "{\"a\":true,}", "{,\"a\":1}", "{\"a\":}", "{\"a\":,}", "{\"a\":1:2}", "[\"a\":1]",
    "{\"a\",\"b\"}", "{[1]:2}", "{{}:1}", "[{\"a\":1},]", "{\"a\":1]", "[1}", "{\"a\":[1,2}", "{\"a\":{\"b\":1]}",
    "[][]", "/**/[]", "[1,/**/2]", "[1]//x", "\xe2\x81\xa0[]", "\xc2\xa0[]", "[\f]", "[\v1]", "[\x1a]", "{\"a\"\x1a"
    "1}", "[1\x0c 2]", "[1\x1a]", "[\x1f]",
};
// clang-format on

TEST(JsonSyntax, accepts_what_the_rfc_accepts) {
  for (const std::string& text : kGood) {
    const TestRow row = read_line(text);
    EXPECT_EQ(row.fault(), Fault::none) << text;
    const size_t begin = text.find_first_not_of(" \t\r"), end = text.find_last_not_of(" \t\r");
    EXPECT_EQ(row.text, text.substr(begin, end - begin + 1));
    EXPECT_EQ(row.values[0], row.text == "null" ? std::nullopt : std::optional(row.text));
  }
}

TEST(JsonSyntax, rejects_what_the_rfc_rejects) {
  for (const std::string& text : kBad) {
    const TestRow row = read_line(text);
    EXPECT_EQ(fault_name(row.fault()), "bad_json") << text;
    EXPECT_EQ(row.values[0], std::nullopt) << text;
    ASSERT_EQ(row.faults.size(), 1u);
    EXPECT_EQ(row.faults[0].slot, -1);
    EXPECT_GE(row.faults[0].column, 1u);
    EXPECT_LE(row.faults[0].column, text.size() + 1);
  }
}

// The same again within a field that is declared, in one that is not, and between other records: the paths through the
// walker differ.
TEST(JsonSyntax, judges_alike_wherever_the_value_stands) {
  const TestRig rig(JsonOptions::Layout::lines,
                    {test_slot("a", "json"), test_slot("c.d", "json"), test_slot("e[1]", "json")});
  const auto read = [&](const std::string& line) {
    const TestRun run = rig.run("{\"c\":{\"d\":1}}\n" + line + "\n{\"a\":2}\n");
    EXPECT_EQ(run.rows.size(), 3u) << line;
    EXPECT_EQ(run.rows[0].values[1], "1");
    EXPECT_EQ(run.rows.back().values[0], "2");
    return run.rows.size() == 3 ? run.rows[1].fault() : Fault::none;
  };
  for (const std::string pattern : {"{\"a\":@}", "{\"b\":@,\"a\":1}", "{\"c\":{\"d\":@}}", "{\"c\":{\"x\":@}}",
                                    "{\"e\":[@,2]}", "{\"e\":[1,@]}", "{\"b\":[{\"c\":[@]}]}"}) {
    const auto place = [&](const std::string& value) {
      return std::string(pattern).replace(pattern.find('@'), 1, value);
    };
    for (const std::string& text : kGood) EXPECT_EQ(read(place(text)), Fault::none) << place(text);
    for (const std::string& text : kBad) {
      if (text == "1 2" || text == "[1],[2]" || text == ",") continue;  // may be right in an array
      EXPECT_EQ(fault_name(read(place(text))), "bad_json") << place(text);
    }
  }
}

TEST(JsonSyntax, tells_bad_utf8) {
  for (const std::string bytes : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "\xe2\x82",
                                  "\xf8\x80\x80\x80\x80", "\xc3", "\xe0\x80\x80", "\xf0\x80\x80\x80"}) {
    const TestRow row = read_line("[\"ab" + bytes + "\"]");
    EXPECT_EQ(row.fault(), Fault::bad_utf8);
    EXPECT_EQ(row.faults[0].column, 5u);
    EXPECT_EQ(read_line("[" + bytes + "]").fault(), Fault::bad_utf8);
  }
}

TEST(JsonSyntax, tells_nul_bytes) {
  for (const std::string& text :
       {"[\"a\0\"]"s, "[\0]"s, "\0"s, "[1\0]"s, "[1]\0"s, "{\"a\0\":1}"s, "[1,\0]"s, "[tru\0]"s}) {
    const TestRow row = read_line(text);
    EXPECT_EQ(fault_name(row.fault()), "nul_byte") << text;
    EXPECT_EQ(row.faults[0].column, text.find('\0') + 1);
  }
}

TEST(JsonSyntax, tells_lone_surrogates_in_values_and_keys) {
  for (const std::string text :
       {R"(["\ud800"])", R"(["\udc00"])", R"(["\ud800x"])", R"(["\ud800\ud800"])", R"(["\udc00\ud800"])",
        R"(["\uD800\n"])", R"(["\uDFFF\uD83D\uDE00"])", R"({"\ud800":1})", R"(["\ud800\u0041"])",
        R"(["\ud800\"])"
        "x\"]"}) {
    EXPECT_EQ(fault_name(read_line(text).fault()), "lone_surrogate") << text;
  }
}

TEST(JsonSyntax, limits_depth) {
  const auto nested = [](size_t depth, std::string open, std::string close) {
    std::string text;
    for (size_t i = 0; i < depth; ++i) text += open;
    text += "1";
    for (size_t i = 0; i < depth; ++i) text += close;
    return text;
  };
  EXPECT_EQ(read_line(nested(7, "[", "]"), 7).fault(), Fault::none);
  EXPECT_EQ(read_line(nested(8, "[", "]"), 7).fault(), Fault::too_deep);
  EXPECT_EQ(read_line(nested(7, "{\"a\":", "}"), 7).fault(), Fault::none);
  EXPECT_EQ(read_line(nested(8, "{\"a\":", "}"), 7).fault(), Fault::too_deep);
  EXPECT_EQ(read_line(nested(200, "[", "]")).fault(), Fault::none);
  EXPECT_EQ(read_line(nested(201, "[", "]")).faults[0].column, 201u);
  EXPECT_EQ(read_line(nested(100000, "[", "]")).fault(), Fault::too_deep);
  const TestRig rig(JsonOptions::Layout::lines, {test_slot("a.a.a", "integer")}, 3);
  EXPECT_EQ(rig.run(nested(3, "{\"a\":", "}")).rows[0].values[0], "1");
  EXPECT_EQ(rig.run(nested(4, "{\"a\":", "}")).rows[0].fault(), Fault::too_deep);
}

}  // namespace
}  // namespace ingot::json
