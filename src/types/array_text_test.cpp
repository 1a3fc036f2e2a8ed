#include "types/array_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ingot::exact {
namespace {

/// The elements, each in angle brackets, or the fault's name.
std::string read(const std::string& text, Kind element = Kind::text) {
  std::string out;
  const Fault fault = read_array(text, element, [&](std::optional<std::string_view> value) {
    out += value ? "<" + std::string(*value) + ">" : "NULL";
    return Fault::none;
  });
  return fault == Fault::none ? out : std::string(fault_name(fault));
}

TEST(ArrayText, ReadsJson) {
  EXPECT_EQ(read("[]"), "");
  EXPECT_EQ(read("[ ]"), "");
  EXPECT_EQ(read(R"(["a", "" ,null,"[,]", "null" ])"), "<a><>NULL<[,]><null>");
  EXPECT_EQ(read(R"([1, -2.50,1e3 , true,false])"), "<1><-2.50><1e3><true><false>");
  EXPECT_EQ(read(R"([1,"2"])", Kind::int32), "<1><2>");
  EXPECT_EQ(read(R"([true,"no"])", Kind::boolean), "<true><no>");
  EXPECT_EQ(read(R"(["\"\\\/\b\f\n\r\t\u00e4\u20AC\ud83d\ude00x"])"), "<\"\\/\b\f\n\r\tä€😀x>");
}

TEST(ArrayText, RefusesOtherJson) {
  EXPECT_EQ(read("[[1]]"), "wrong_shape");
  EXPECT_EQ(read("[{}]"), "wrong_shape");
  EXPECT_EQ(read("[true]", Kind::int32), "wrong_shape");
  EXPECT_EQ(read("[1]", Kind::date), "wrong_shape");
  EXPECT_EQ(read("[1]", Kind::boolean), "wrong_shape");
  EXPECT_EQ(read(R"(["\u0000"])"), "nul_byte");
  for (const char* text :
       {"", "1", "a", "[1", "[1,]", "[,]", "[1 2]", "['a']", "[1]]", " [1]", R"(["\ud800"])", "null"}) {
    EXPECT_EQ(read(text), "not_an_array") << text;
  }
}

TEST(ArrayText, ReadsWhatPostgresWrites) {
  EXPECT_EQ(read("{}"), "");
  EXPECT_EQ(read("{1,-2,NULL,null}"), "<1><-2>NULLNULL");
  EXPECT_EQ(read(R"({a,"",NULL,"NULL","{,}","a \"b\" \\c"})"), R"(<a><>NULL<NULL><{,}><a "b" \c>)");
  EXPECT_EQ(read("{äöü,\"a b\"}"), "<äöü><a b>");
}

TEST(ArrayText, RefusesOtherBraces) {
  EXPECT_EQ(read("{{1}}"), "wrong_shape");
  EXPECT_EQ(read("{1,{2}}"), "wrong_shape");
  for (const char* text : {"{", "{1", "{1,", "{,}", "{1,}", "{,1}", "{ }", "{1, 2}", "{a b}", "{1}}", "{1} ",
                           R"({a"b"})", R"({"a"b})", R"({"a)", R"({"a\)", R"({a\b})", "[0:1]={1,2}", "{1}{2}"}) {
    EXPECT_EQ(read(text), "not_an_array") << text;
  }
}

TEST(ArrayText, StopsAtAFault) {
  int taken = 0;
  EXPECT_EQ(
      read_array("[1,2,3]", Kind::int32, [&](const auto&) { return ++taken == 2 ? Fault::out_of_range : Fault::none; }),
      Fault::out_of_range);
  EXPECT_EQ(taken, 2);
}

}  // namespace
}  // namespace ingot::exact
