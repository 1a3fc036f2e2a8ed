#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "types/exact.h"
#include "types/property_test.h"

namespace ingot::exact {
namespace {

template <class T, class Parser>
std::string shown(Parser parse, std::string_view text) {
  T value = 0;
  const Fault fault = parse(text, value);
  return fault == Fault::none ? std::to_string(value) : std::string(fault_name(fault));
}
std::string int16(std::string_view text) { return shown<int16_t>(to_int16, text); }
std::string int32(std::string_view text) { return shown<int32_t>(to_int32, text); }
std::string int64(std::string_view text) { return shown<int64_t>(to_int64, text); }

TEST(ExactIntegers, KeepTheirEdges) {
  EXPECT_EQ(int16("32767"), "32767");
  EXPECT_EQ(int16("32768"), "out_of_range");
  EXPECT_EQ(int16("-32768"), "-32768");
  EXPECT_EQ(int16("-32769"), "out_of_range");
  EXPECT_EQ(int32("2147483647"), "2147483647");
  EXPECT_EQ(int32("2147483648"), "out_of_range");
  EXPECT_EQ(int32("-2147483648"), "-2147483648");
  EXPECT_EQ(int32("-2147483649"), "out_of_range");
  EXPECT_EQ(int64("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(int64("9223372036854775808"), "out_of_range");
  EXPECT_EQ(int64("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(int64("-9223372036854775809"), "out_of_range");
  EXPECT_EQ(int64("9999999999999999999"), "out_of_range");
  EXPECT_EQ(int64("18446744073709551615"), "out_of_range");
  EXPECT_EQ(int64("18446744073709551617"), "out_of_range");  // would wrap to 1
  EXPECT_EQ(int32("4294967297"), "out_of_range");            // would wrap to 1
}

TEST(ExactIntegers, TakeWhatIsExactlyAnInteger) {
  EXPECT_EQ(int32("+7"), "7");
  EXPECT_EQ(int32("-0"), "0");
  EXPECT_EQ(int32("007"), "7");
  EXPECT_EQ(int32("2.0"), "2");
  EXPECT_EQ(int32("2."), "2");
  EXPECT_EQ(int32("1e3"), "1000");
  EXPECT_EQ(int32("1.5e1"), "15");
  EXPECT_EQ(int32("1200e-2"), "12");
  EXPECT_EQ(int32("0e999"), "0");
  EXPECT_EQ(int64("922337203685477580.7e1"), "9223372036854775807");
  EXPECT_EQ(int32(std::string(1000, '0') + "5"), "5");
  EXPECT_EQ(int32("5." + std::string(1000, '0')), "5");
}

TEST(ExactIntegers, NeverRound) {
  EXPECT_EQ(int32("2.5"), "not_an_integer");
  EXPECT_EQ(int32("1.7"), "not_an_integer");
  EXPECT_EQ(int32("1e-1"), "not_an_integer");
  EXPECT_EQ(int32("1e-400"), "not_an_integer");
  EXPECT_EQ(int32("1e400"), "out_of_range");
  EXPECT_EQ(int32("1e99999999999999999999"), "out_of_range");
}

TEST(ExactIntegers, RefuseOtherForms) {
  for (const char* text : {"",    " ",   " 1",  "1 ",       "\t1",      "0x1A",      "1_000", "1,000", "+",  "-", "--1",
                           "abc", "12a", "NaN", "Infinity", "\xD9\xA1", "1\xC2\xA0", "/",     ":",     "1e", "e1"}) {
    EXPECT_EQ(int16(text), "not_a_number") << text;
    EXPECT_EQ(int32(text), "not_a_number") << text;
    EXPECT_EQ(int64(text), "not_a_number") << text;
  }
  EXPECT_EQ(int32(std::string_view("1\0", 2)), "not_a_number");
}

// Moves the point through the text by hand and compares decimal texts; shares nothing with the parser.
std::string reference(const std::string& text, const std::string& most, const std::string& most_negative) {
  static const Form kForm("^([+-]?)(([0-9]+)\\.?([0-9]*)|\\.([0-9]+))([eE]([+-]?[0-9]+))?$");
  const std::vector<std::string> part = kForm.match(text);
  if (part.empty()) return "not_a_number";
  std::string whole = part[3];
  std::string fraction = part[4] + part[5];
  const std::string exponent_text = part[7];
  const std::string digits = whole + fraction;
  if (digits.find_first_not_of('0') == digits.npos) return "0";
  long exponent = exponent_text.empty() ? 0 : std::strtol(exponent_text.c_str(), nullptr, 10);
  exponent = std::min(std::max(exponent, -500L), 500L);
  for (; exponent > 0; --exponent) {
    whole += fraction.empty() ? '0' : fraction[0];
    if (!fraction.empty()) fraction.erase(0, 1);
  }
  for (; exponent < 0; ++exponent) {
    fraction.insert(0, 1, whole.empty() ? '0' : whole.back());
    if (!whole.empty()) whole.pop_back();
  }
  if (fraction.find_first_not_of('0') != fraction.npos) return "not_an_integer";
  whole.erase(0, whole.find_first_not_of('0'));
  const bool negative = part[1] == "-";
  const std::string& limit = negative ? most_negative : most;
  if (whole.size() > limit.size() || (whole.size() == limit.size() && whole > limit)) return "out_of_range";
  return (negative ? "-" : "") + whole;
}

void expect_like_reference(const std::string& text) {
  EXPECT_EQ(int16(text), reference(text, "32767", "32768")) << text;
  EXPECT_EQ(int32(text), reference(text, "2147483647", "2147483648")) << text;
  EXPECT_EQ(int64(text), reference(text, "9223372036854775807", "9223372036854775808")) << text;
}

TEST(ExactIntegers, AgreeWithANaiveReference) {
  RandomText random(2);
  for (int i = 0; i < 15'000; ++i) {
    expect_like_reference(random.of("0123456789", 21));
    expect_like_reference(random.of("+-", 1) + random.of("0012459.e-", 12));
    expect_like_reference(random.mutate(std::to_string(static_cast<int64_t>(random.below(1ull << 33)) - (1ll << 32)),
                                        "0123456789+-.eE /:"));
    expect_like_reference(random.mutate("-9223372036854775808", "0123456789.e"));
    expect_like_reference(random.mutate("32767.000e0", "0123456789"));
  }
}

}  // namespace
}  // namespace ingot::exact
