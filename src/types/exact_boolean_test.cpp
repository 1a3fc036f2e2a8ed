#include <gtest/gtest.h>

#include <string>

#include "types/exact.h"

namespace ingot::exact {
namespace {

TEST(ExactBoolean, TakesTheListedSpellings) {
  for (const char* text : {"true", "TRUE", "True", "t", "T", "yes", "Y", "on", "1"}) {
    bool value = false;
    EXPECT_EQ(to_boolean(text, value), Fault::none) << text;
    EXPECT_TRUE(value) << text;
  }
  for (const char* text : {"false", "FALSE", "f", "no", "N", "off", "OFF", "0"}) {
    bool value = true;
    EXPECT_EQ(to_boolean(text, value), Fault::none) << text;
    EXPECT_FALSE(value) << text;
  }
}

TEST(ExactBoolean, RefusesTheRest) {
  for (const char* text : {"", " ", "true ", " t", "tr", "of", "truee", "2", "-1", "01", "1.0", "ja", "null"}) {
    bool value = false;
    EXPECT_EQ(to_boolean(text, value), Fault::not_a_boolean) << text;
  }
  bool value = false;
  EXPECT_EQ(to_boolean(std::string_view("t\0", 2), value), Fault::not_a_boolean);
}

}  // namespace
}  // namespace ingot::exact
