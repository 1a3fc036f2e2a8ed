#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "types/exact.h"
#include "types/property_test.h"

namespace ingot::exact {
namespace {

Fault fault64(std::string_view text) {
  double value = 0;
  return to_float64(text, value);
}
Fault fault32(std::string_view text) {
  float value = 0;
  return to_float32(text, value);
}
double float64(std::string_view text) {
  double value = 0;
  EXPECT_EQ(to_float64(text, value), Fault::none) << text;
  return value;
}
float float32(std::string_view text) {
  float value = 0;
  EXPECT_EQ(to_float32(text, value), Fault::none) << text;
  return value;
}

TEST(ExactFloats, TakeTheNearestValue) {
  EXPECT_EQ(float64("0.1"), 0.1);
  EXPECT_EQ(float64("+1.5"), 1.5);
  EXPECT_EQ(float64(".5"), 0.5);
  EXPECT_EQ(float64("5."), 5.0);
  EXPECT_EQ(float64("1e3"), 1000.0);
  EXPECT_EQ(float64("-1E-3"), -0.001);
  EXPECT_EQ(float64("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(float64("1.7976931348623157e308"), std::numeric_limits<double>::max());
  EXPECT_EQ(float64("4.9406564584124654e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(float64("2.2250738585072011e-308"), 2.2250738585072011e-308);
  EXPECT_EQ(float32("3.4028234663852886e38"), std::numeric_limits<float>::max());
  EXPECT_EQ(float32("1e-45"), std::numeric_limits<float>::denorm_min());
  EXPECT_EQ(float32("16777217"), 16777216.0f);
}

TEST(ExactFloats, RoundToFloat32Once) {
  // Half-way after rounding to double first; a little above in truth.
  EXPECT_EQ(float32("1.00000005960464477540"), 1.00000011920928955078125f);
}

TEST(ExactFloats, KeepTheSignOfZero) {
  EXPECT_TRUE(std::signbit(float64("-0")));
  EXPECT_TRUE(std::signbit(float64("-0.0e400")));
  EXPECT_FALSE(std::signbit(float64("0")));
  EXPECT_FALSE(std::signbit(float64("+0")));
  EXPECT_EQ(float64("0e99999999999999999999"), 0.0);
}

TEST(ExactFloats, RefuseOverflowAndUnderflow) {
  for (const char* text : {"1e400", "-1e400", "1.7976931348623159e308", "1e99999999999999999999", "1e-400", "-1e-400",
                           "2.4703282292062327e-324", "0.1e-99999999999999999999"}) {
    EXPECT_EQ(fault64(text), Fault::out_of_range) << text;
    EXPECT_EQ(fault32(text), Fault::out_of_range) << text;
  }
  EXPECT_EQ(fault32("1e39"), Fault::out_of_range);
  EXPECT_EQ(fault32("3.4028236e38"), Fault::out_of_range);
  EXPECT_EQ(fault32("1e-46"), Fault::out_of_range);
  EXPECT_EQ(fault64("1" + std::string(400, '0')), Fault::out_of_range);
  EXPECT_EQ(fault64("0." + std::string(400, '0') + "1"), Fault::out_of_range);
}

TEST(ExactFloats, TakeTheSpecialValues) {
  for (const char* text : {"Infinity", "+infinity", "INF", "inf"}) EXPECT_EQ(float64(text), HUGE_VAL) << text;
  EXPECT_EQ(float64("-Infinity"), -HUGE_VAL);
  EXPECT_EQ(float32("-inf"), -HUGE_VALF);
  for (const char* text : {"NaN", "nan", "NAN"}) EXPECT_TRUE(std::isnan(float64(text))) << text;
}

TEST(ExactFloats, RefuseOtherForms) {
  for (const char* text :
       {"",     " ",   " 1",  "1 ",   "+",  "-",       ".",         "1e",   "1e+",    "e1",   "--1",   "+-1",     "-+1",
        "0x1A", "1_0", "1,5", "1.5f", "1d", "infinit", "infinityy", "-NaN", "nan(1)", "NaN ", "1.2.3", "\xD9\xA1"}) {
    EXPECT_EQ(fault64(text), Fault::not_a_number) << text;
    EXPECT_EQ(fault32(text), Fault::not_a_number) << text;
  }
  EXPECT_EQ(fault64(std::string_view("1\0", 2)), Fault::not_a_number);
}

// strtod of glibc rounds correctly; a regular expression decides the form.
void expect_like_strtod(const std::string& text) {
  static const Form kForm("^[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?$");
  double value = 0;
  const Fault fault = to_float64(text, value);
  if (kForm.match(text).empty()) {
    EXPECT_EQ(fault, Fault::not_a_number) << text;
    return;
  }
  const double expected = std::strtod(text.c_str(), nullptr);
  const bool written_zero = text.substr(0, text.find_first_of("eE")).find_first_of("123456789") == text.npos;
  if (std::isinf(expected) || (expected == 0 && !written_zero)) {
    EXPECT_EQ(fault, Fault::out_of_range) << text;
    return;
  }
  ASSERT_EQ(fault, Fault::none) << text;
  EXPECT_EQ(std::bit_cast<uint64_t>(value), std::bit_cast<uint64_t>(expected)) << text;
}

TEST(ExactFloats, AgreeWithStrtod) {
  RandomText random(3);
  for (int i = 0; i < 30'000; ++i) {
    expect_like_strtod(random.of("0123456789.e+-", 12));
    const std::string digits = random.of("0123456789", 22);
    const int exponent = static_cast<int>(random.below(700)) - 350;
    expect_like_strtod(digits + "." + random.of("059", 5) + "e" + std::to_string(exponent));
    expect_like_strtod(random.mutate("-4.9406564584124654e-324", "0123456789.e- "));
    expect_like_strtod(random.mutate("1.7976931348623157e308", "0123456789.e- "));
  }
}

TEST(ExactFloats, CastToIntegersOnlyWhenTheyAreOne) {
  int64_t out = 0;
  EXPECT_EQ(float64_to_int64(-3.0, out), Fault::none);
  EXPECT_EQ(out, -3);
  EXPECT_EQ(float64_to_int64(-0.0, out), Fault::none);
  EXPECT_EQ(out, 0);
  EXPECT_EQ(float64_to_int64(-9223372036854775808.0, out), Fault::none);
  EXPECT_EQ(out, std::numeric_limits<int64_t>::min());
  EXPECT_EQ(float64_to_int64(9223372036854774784.0, out), Fault::none);
  EXPECT_EQ(out, 9223372036854774784);
  EXPECT_EQ(float64_to_int64(9223372036854775808.0, out), Fault::out_of_range);
  EXPECT_EQ(float64_to_int64(-9223372036854777856.0, out), Fault::out_of_range);
  EXPECT_EQ(float64_to_int64(2.5, out), Fault::not_an_integer);
  EXPECT_EQ(float64_to_int64(1e-300, out), Fault::not_an_integer);
  EXPECT_EQ(float64_to_int64(HUGE_VAL, out), Fault::out_of_range);
  EXPECT_EQ(float64_to_int64(std::nan(""), out), Fault::not_a_number);
}

TEST(ExactFloats, CastToDecimalsByTheirShortestText) {
  int128 out = 0;
  EXPECT_EQ(float64_to_decimal(0.1, 4, 2, out), Fault::none);
  EXPECT_TRUE(out == 10);
  EXPECT_EQ(float64_to_decimal(-0.3, 4, 1, out), Fault::none);
  EXPECT_TRUE(out == -3);
  EXPECT_EQ(float64_to_decimal(0.1 + 0.2, 4, 1, out), Fault::not_exact);
  EXPECT_EQ(float64_to_decimal(2.345, 4, 2, out), Fault::not_exact);
  EXPECT_EQ(float64_to_decimal(2.345, 4, 3, out), Fault::none);
  EXPECT_TRUE(out == 2345);
  EXPECT_EQ(float64_to_decimal(100, 4, 2, out), Fault::out_of_range);
  EXPECT_EQ(float64_to_decimal(1e22, 38, 0, out), Fault::none);
  EXPECT_TRUE(out == int128{10'000'000'000} * 1'000'000'000'000);
  EXPECT_EQ(float64_to_decimal(1152921504606846976.0, 38, 0, out), Fault::none);
  EXPECT_TRUE(out == int128{1} << 60);
  EXPECT_EQ(float64_to_decimal(-1152921504606846976.0, 38, 2, out), Fault::none);
  EXPECT_TRUE(out == -(int128{1} << 60) * 100);
  EXPECT_EQ(float64_to_decimal(-0.0, 4, 2, out), Fault::none);
  EXPECT_TRUE(out == 0);
  EXPECT_EQ(float64_to_decimal(5e-324, 38, 38, out), Fault::not_exact);
  EXPECT_EQ(float64_to_decimal(1.7976931348623157e308, 38, 0, out), Fault::out_of_range);
  EXPECT_EQ(float64_to_decimal(HUGE_VAL, 38, 0, out), Fault::out_of_range);
  EXPECT_EQ(float64_to_decimal(std::nan(""), 38, 0, out), Fault::not_a_number);
}

}  // namespace
}  // namespace ingot::exact
