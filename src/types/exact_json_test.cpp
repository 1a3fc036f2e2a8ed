#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

#include "types/exact.h"
#include "types/property_test.h"

namespace ingot::exact {
namespace {

TEST(ExactJson, TakesEveryKindOfValue) {
  for (const char* text : {"null",
                           "true",
                           "false",
                           "0",
                           "-0",
                           "12",
                           "-1.5",
                           "1e5",
                           "1E+5",
                           "1.25e-300",
                           "1e400",
                           "\"\"",
                           "\"a\"",
                           "[]",
                           "{}",
                           "[1,2]",
                           "[ ]",
                           "{ }",
                           R"({"a":1})",
                           R"({"a":{"b":[1,{"c":null}]},"d":[[],{}]})",
                           " \t\r\n 1 \t\r\n ",
                           R"("\"\\\/\b\f\n\r\t\u00e9")",
                           R"("\ud83d\ude00")",
                           R"("\uD83D\uDE00")",
                           R"({"":""})",
                           R"({"a":1,"a":2})",
                           "\"Größe €😀\"",
                           "123456789012345678901234567890",
                           "\"\x7F\"",
                           R"([ 1 , { "a" : "b" } ])"}) {
    EXPECT_EQ(check_json(text), Fault::none) << text;
  }
}

TEST(ExactJson, RefusesWhatIsNotJson) {
  for (const char* text : {"",
                           " ",
                           "nul",
                           "nulll",
                           "True",
                           "NaN",
                           "Infinity",
                           "-Infinity",
                           "'a'",
                           "01",
                           "-",
                           "+1",
                           "1.",
                           ".5",
                           "1e",
                           "1e+",
                           "0x1",
                           "-01",
                           "1 2",
                           "[",
                           "]",
                           "[1",
                           "[1,",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{",
                           "}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{,}",
                           "{a:1}",
                           "{1:1}",
                           "{\"a\" 1}",
                           "{\"a\":1 \"b\":2}",
                           "[1}",
                           "{\"a\":1]",
                           "[]]",
                           "\"",
                           "\"a",
                           "\"\\",
                           "\"\\\"",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\\u\"",
                           "\"a\nb\"",
                           "\"a\tb\"",
                           "\"12345678\n\"",
                           "\"1234567\x1F\"",
                           "//c\n1",
                           "/**/1",
                           "\xEF\xBB\xBF"
                           "1",
                           "\xC2\xA0"
                           "1",
                           "[1]\x0B",
                           "{\"a\":1}x",
                           "\"a\"\"b\"",
                           "[\"a\",\"b\":1]",
                           "\\u0031"}) {
    EXPECT_EQ(check_json(text), Fault::not_json) << text;
  }
}

TEST(ExactJson, RefusesHalfSurrogates) {
  for (const char* text : {R"("\ud800")", R"("\udc00")", R"("\ud83dx")", R"("\ud83d\n")", R"("\ud83d\ud83d")",
                           R"("\ude00\ud83d")", R"({"\udfff":1})", R"("\ud83d\u0041")", "\"\\ud83d"}) {
    EXPECT_EQ(check_json(text), Fault::lone_surrogate) << text;
  }
}

TEST(ExactJson, RefusesNul) {
  EXPECT_EQ(check_json(R"("a\u0000")"), Fault::nul_byte);
  EXPECT_EQ(check_json(std::string_view("\"\0\"", 3)), Fault::nul_byte);
  EXPECT_EQ(check_json(std::string_view("\"12345678\0\"", 11)), Fault::nul_byte);
  EXPECT_EQ(check_json(std::string_view("1\0", 2)), Fault::not_json);
}

TEST(ExactJson, RefusesBadUtf8) {
  EXPECT_EQ(check_json("\"\xFF\""), Fault::bad_utf8);
  EXPECT_EQ(check_json("\"\xED\xA0\x80\""), Fault::bad_utf8);
  EXPECT_EQ(check_json("{\"1234567\xC0\x80\":1}"), Fault::bad_utf8);
}

std::string nested(size_t depth, const std::string& open, const std::string& inner, const std::string& close) {
  std::string text;
  for (size_t i = 0; i < depth; ++i) text += open;
  text += inner;
  for (size_t i = 0; i < depth; ++i) text += close;
  return text;
}

TEST(ExactJson, LimitsDepth) {
  EXPECT_EQ(check_json("1", 0), Fault::none);
  EXPECT_EQ(check_json("[]", 0), Fault::too_deep);
  EXPECT_EQ(check_json("[[]]", 2), Fault::none);
  EXPECT_EQ(check_json("[[[]]]", 2), Fault::too_deep);
  EXPECT_EQ(check_json("[[],[],[[]]]", 3), Fault::none);
  EXPECT_EQ(check_json(nested(1000, "[", "1", "]")), Fault::none);
  EXPECT_EQ(check_json(nested(1001, "[", "1", "]")), Fault::too_deep);
  EXPECT_EQ(check_json(nested(500, "[{\"a\":", "1", "}]")), Fault::none);
  EXPECT_EQ(check_json(nested(500, "{\"a\":[", "1", "}]")), Fault::not_json);
  EXPECT_EQ(check_json(nested(1'000'000, "[", "", "")), Fault::too_deep);
  EXPECT_EQ(check_json(nested(4096, "[", "", "]"), 1'000'000), Fault::none);
  EXPECT_EQ(check_json(nested(4097, "[", "", "]"), 1'000'000), Fault::too_deep);
}

// Both are strict; simdjson also refuses numbers that it cannot hold, so numbers stay short here.
void expect_like_simdjson(simdjson::dom::parser& parser, const std::string& text) {
  const simdjson::error_code error = parser.parse(simdjson::padded_string(text)).error();
  const Fault fault = check_json(text);
  if (fault == Fault::nul_byte && text.find("\\u0000") != text.npos) return;
  EXPECT_EQ(fault == Fault::none, error == simdjson::SUCCESS) << text << ' ' << fault_name(fault) << ' ' << error;
}

TEST(ExactJson, AgreesWithSimdjson) {
  RandomText random(7);
  simdjson::dom::parser parser;
  const std::string alphabet = "{}[]:,\"\\u0d8e1.-+ tfn\n\xC3\xA9\x01";
  const std::string seeds[] = {R"({"a":[1,2.5,{"b":"x\u00e9\n"}],"c":true})", R"(["\ud83d\ude00",null,false,-0.1e-2])",
                               R"(  {"long key of text":"and a long value, longer than words","é":[]}  )", "\"\"",
                               "[[[]]]"};
  for (int i = 0; i < 20'000; ++i) {
    expect_like_simdjson(parser, random.of(alphabet, 6));
    for (std::string text : seeds) {
      for (size_t edits = 1 + random.below(3); edits > 0; --edits) text = random.mutate(text, alphabet);
      expect_like_simdjson(parser, text);
    }
  }
}

}  // namespace
}  // namespace ingot::exact
