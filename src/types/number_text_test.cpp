#include "types/number_text.h"

#include <gtest/gtest.h>

#include <string>

#include "types/digits.h"
#include "types/property_test.h"

namespace ingot::exact {
namespace {

// `DIGITS*10^POWER`, or "refused".
std::string read(std::string_view text) {
  NumberText number;
  if (!read_number(text, number)) return "refused";
  std::string shown = number.negative ? "-" : "";
  shown.append(number.whole).append(number.fraction);
  if (number.digit_count() == 0) return shown + "0";
  return shown + "*10^" + std::to_string(number.power);
}

TEST(NumberText, KeepsOnlySignificantDigits) {
  EXPECT_EQ(read("12"), "12*10^0");
  EXPECT_EQ(read("+0012.3400"), "1234*10^-2");
  EXPECT_EQ(read("-1200"), "-12*10^2");
  EXPECT_EQ(read("1200.00"), "12*10^2");
  EXPECT_EQ(read("0.0012"), "12*10^-4");
  EXPECT_EQ(read(".5"), "5*10^-1");
  EXPECT_EQ(read("5."), "5*10^0");
  EXPECT_EQ(read("1.5e3"), "15*10^2");
  EXPECT_EQ(read("1.5E-3"), "15*10^-4");
  EXPECT_EQ(read("1e+2"), "1*10^2");
  EXPECT_EQ(read("-0.00e9"), "-0");
  EXPECT_EQ(read("10.01"), "1001*10^-2");
}

TEST(NumberText, SurvivesAnyExponent) {
  EXPECT_EQ(read("0e99999999999999999999999"), "0");
  NumberText number;
  ASSERT_TRUE(read_number("1e99999999999999999999999", number));
  EXPECT_GT(number.power, 1'000'000'000'000);
  ASSERT_TRUE(read_number("1e-99999999999999999999999", number));
  EXPECT_LT(number.power, -1'000'000'000'000);
}

TEST(NumberText, RefusesEverythingElse) {
  for (const char* text : {"",
                           "+",
                           "-",
                           ".",
                           "+.",
                           "e5",
                           ".e5",
                           "1e",
                           "1e+",
                           "1e1.5",
                           "--1",
                           "+-1",
                           "1.2.3",
                           "1 ",
                           " 1",
                           "1_000",
                           "0x1A",
                           "1,5",
                           "1f",
                           "NaN",
                           "\xD9\xA1" /* Arabic 1 */,
                           "\xEF\xBC\x91" /* wide 1 */}) {
    EXPECT_EQ(read(text), "refused") << text;
  }
  EXPECT_EQ(read(std::string_view("1\0", 2)), "refused");
}

// Every length and every position of a wrong character, without reading beyond the text (the address sanitizer sees).
TEST(Digits, AreReadAtEveryLength) {
  for (size_t n = 1; n <= kMaxWordDigits; ++n) {
    const std::string text = std::string("9081726354433221100").substr(0, n);
    const std::string copy(text);  // its end is the allocation's, or nearly
    uint64_t value = 0;
    ASSERT_TRUE(read_digits(copy.data(), n, value)) << text;
    EXPECT_EQ(value, std::stoull(text));
    for (size_t at = 0; at < n; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string wrong = text;
        wrong[at] = static_cast<char>(c);
        EXPECT_EQ(read_digits(wrong.data(), n, value), c >= '0' && c <= '9') << n << ' ' << at << ' ' << c;
      }
    }
  }
}

TEST(Digits, DoNotHideOneWrongCharacterBehindAnother) {
  RandomText random(1);
  for (int i = 0; i < 200'000; ++i) {
    const std::string text = random.of("0189/:\xFA\xFF\x00", 19);
    uint64_t value = 0;
    if (text.empty()) continue;
    EXPECT_EQ(read_digits(text.data(), text.size(), value), text.find_first_not_of("0123456789") == text.npos);
  }
}

}  // namespace
}  // namespace ingot::exact
