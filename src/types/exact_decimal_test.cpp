#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "types/exact.h"
#include "types/property_test.h"

namespace ingot::exact {
namespace {

std::string text_of(int128 value) {
  const bool negative = value < 0;
  std::string digits;
  for (; value != 0; value /= 10)
    digits.insert(0, 1, static_cast<char>('0' + static_cast<int>(value % 10) * (negative ? -1 : 1)));
  if (digits.empty()) digits = "0";
  return negative ? "-" + digits : digits;
}

// The value × 10^scale, or the fault's name.
std::string decimal(std::string_view text, int precision, int scale) {
  int128 value = 0;
  const Fault fault = to_decimal(text, static_cast<uint8_t>(precision), static_cast<uint8_t>(scale), value);
  return fault == Fault::none ? text_of(value) : std::string(fault_name(fault));
}

TEST(ExactDecimal, KeepsEveryDigit) {
  EXPECT_EQ(decimal("12.34", 10, 2), "1234");
  EXPECT_EQ(decimal("-12.3", 10, 2), "-1230");
  EXPECT_EQ(decimal("+12", 10, 2), "1200");
  EXPECT_EQ(decimal("12.", 10, 2), "1200");
  EXPECT_EQ(decimal(".5", 10, 2), "50");
  EXPECT_EQ(decimal("-0", 10, 2), "0");
  EXPECT_EQ(decimal("-0.00", 10, 2), "0");
  EXPECT_EQ(decimal("1.5e3", 10, 2), "150000");
  EXPECT_EQ(decimal("1.5E-1", 10, 2), "15");
  EXPECT_EQ(decimal("0e999", 1, 0), "0");
  EXPECT_EQ(decimal("123456789012345678", 18, 0), "123456789012345678");
  EXPECT_EQ(decimal("1234567890123456.78", 18, 2), "123456789012345678");
}

TEST(ExactDecimal, TakesZerosBeyondTheScale) {
  EXPECT_EQ(decimal("9.990", 4, 2), "999");
  EXPECT_EQ(decimal("1.0000000000000000000000000000000000000000000000", 4, 2), "100");
  EXPECT_EQ(decimal("000000000000000000000000000000000000000000000001.5", 4, 2), "150");
  EXPECT_EQ(decimal("5.0", 1, 0), "5");
}

TEST(ExactDecimal, NeverRounds) {
  EXPECT_EQ(decimal("9.999", 4, 2), "not_exact");
  EXPECT_EQ(decimal("9.994", 4, 2), "not_exact");
  EXPECT_EQ(decimal("2.345", 4, 2), "not_exact");
  EXPECT_EQ(decimal("1e-3", 4, 2), "not_exact");
  EXPECT_EQ(decimal("1e-400", 38, 38), "not_exact");
  EXPECT_EQ(decimal("0.5", 1, 0), "not_exact");
  EXPECT_EQ(decimal("12345.678", 4, 2), "not_exact");  // both; the form is said first
}

TEST(ExactDecimal, KeepsThePrecision) {
  EXPECT_EQ(decimal("99.99", 4, 2), "9999");
  EXPECT_EQ(decimal("100", 4, 2), "out_of_range");
  EXPECT_EQ(decimal("-100.00", 4, 2), "out_of_range");
  EXPECT_EQ(decimal("1", 2, 2), "out_of_range");
  EXPECT_EQ(decimal("0.99", 2, 2), "99");
  EXPECT_EQ(decimal("1e400", 38, 0), "out_of_range");
  EXPECT_EQ(decimal("1e99999999999999999999", 38, 0), "out_of_range");
}

TEST(ExactDecimal, Holds38Digits) {
  const std::string nines(38, '9');
  EXPECT_EQ(decimal(nines, 38, 0), nines);
  EXPECT_EQ(decimal("-" + nines, 38, 0), "-" + nines);
  EXPECT_EQ(decimal("0." + nines, 38, 38), nines);
  EXPECT_EQ(decimal("9999999999." + std::string(28, '9'), 38, 28), nines);
  EXPECT_EQ(decimal("1" + std::string(38, '0'), 38, 0), "out_of_range");
  EXPECT_EQ(decimal("1e37", 38, 0), "1" + std::string(37, '0'));
  EXPECT_EQ(decimal("1e38", 38, 0), "out_of_range");
  EXPECT_EQ(decimal("999999999999999999", 38, 37), "out_of_range");  // 10^55 would wrap
  EXPECT_EQ(decimal("999999999999999999", 38, 20), "999999999999999999" + std::string(20, '0'));
  EXPECT_EQ(decimal("9", 38, 37), "9" + std::string(37, '0'));
}

TEST(ExactDecimal, RefusesOtherForms) {
  for (const char* text : {"",      " ",   " 1",    "1 ",   "+",   "-",        ".",  "-.",   "1e",   "--1",
                           "1.2.3", "1,5", "1_000", "0x1A", "NaN", "Infinity", "$1", "1.-5", "1.+5", "\xD9\xA1"}) {
    EXPECT_EQ(decimal(text, 10, 2), "not_a_number") << text;
  }
}

// Moves the point by hand; shares nothing with the parser.
std::string reference(const std::string& text, size_t precision, size_t scale) {
  static const Form kForm("^([+-]?)(([0-9]+)\\.?([0-9]*)|\\.([0-9]+))$");
  const std::vector<std::string> part = kForm.match(text);
  if (part.empty()) return "not_a_number";
  std::string fraction = part[4] + part[5];
  fraction.resize(std::max(fraction.size(), scale), '0');
  if (fraction.find_first_not_of('0', scale) != fraction.npos) return "not_exact";
  std::string digits = part[3] + fraction.substr(0, scale);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.empty()) return "0";
  if (digits.size() > precision) return "out_of_range";
  return (part[1] == "-" ? "-" : "") + digits;
}

TEST(ExactDecimal, AgreesWithANaiveReference) {
  RandomText random(4);
  for (int i = 0; i < 60'000; ++i) {
    const size_t precision = 1 + random.below(38);
    const size_t scale = random.below(precision + 1);
    std::string text = random.of("+-", 1) + random.of("0123456789", 20) + random.of(".", 1) + random.of("0059", 20);
    if (random.below(4) == 0) text = random.mutate(text, "0123456789.-+ /:");
    EXPECT_EQ(decimal(text, static_cast<int>(precision), static_cast<int>(scale)), reference(text, precision, scale))
        << text << " numeric(" << precision << ',' << scale << ')';
  }
}

}  // namespace
}  // namespace ingot::exact
