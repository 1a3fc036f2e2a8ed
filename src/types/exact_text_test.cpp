#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "types/exact.h"
#include "types/property_test.h"

namespace ingot::exact {
namespace {

const std::vector<std::string> kCharacters{"a",
                                           "\x7F",
                                           "\xC2\x80",
                                           "ß",
                                           "\xDF\xBF",
                                           "\xE0\xA0\x80",
                                           "€",
                                           "\xED\x9F\xBF",
                                           "\xEF\xBF\xBF",
                                           "\xF0\x90\x80\x80",
                                           "😀",
                                           "\xF4\x8F\xBF\xBF",
                                           std::string(1, '\0')};
const std::vector<std::string> kWrong{"\x80",
                                      "\xBF",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xC3",
                                      "\xE0\x80\x80",
                                      "\xE2\x82",
                                      "\xED\xA0\x80" /* surrogate */,
                                      "\xED\xBF\xBF",
                                      "\xF0\x9F\x98",
                                      "\xF0\x80\x80\x80",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xFE",
                                      "\xFF",
                                      "\xE9t\xE9" /* Latin-1 */};

TEST(ExactText, KnowsUtf8AtEveryLengthAndPlace) {
  EXPECT_TRUE(is_utf8(""));
  for (size_t before = 0; before < 140; ++before) {
    for (const size_t after : {0, 1, 7, 8, 64, 100}) {
      const std::string head(before, 'x');
      const std::string tail(after, 'y');
      for (const std::string& good : kCharacters) EXPECT_TRUE(is_utf8(head + good + tail)) << before << ' ' << after;
      for (const std::string& bad : kWrong) EXPECT_FALSE(is_utf8(head + bad + tail)) << before << ' ' << after;
    }
  }
}

TEST(ExactText, CountsCharacters) {
  EXPECT_EQ(count_chars(""), 0u);
  EXPECT_EQ(count_chars("abc"), 3u);
  EXPECT_EQ(count_chars("Größe"), 5u);
  EXPECT_EQ(count_chars("e\xCC\x81"), 2u);  // code points, not what is seen
  EXPECT_EQ(count_chars("👨‍👩‍👧"), 5u);
  RandomText random(5);
  for (size_t length = 0; length < 600; ++length) {
    std::string text;
    for (size_t i = 0; i < length; ++i) text += kCharacters[random.below(kCharacters.size())];
    EXPECT_EQ(count_chars(text), length);
  }
}

TEST(ExactText, CountsLongTexts) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "\xF4\x8F\xBF\xBF";
  EXPECT_EQ(count_chars(text), 10'000u);
  EXPECT_EQ(count_chars(std::string(100'003, 'x')), 100'003u);
}

}  // namespace
}  // namespace ingot::exact
