#include <gtest/gtest.h>

#include <string>

#include "types/exact.h"

namespace ingot::exact {
namespace {

const std::string kUuid = "01234567-89ab-cdef-FEDC-BA9876543210";

TEST(ExactUuid, TakesItsForms) {
  for (const std::string& text : {kUuid, "{" + kUuid + "}", std::string("0123456789abcdefFEDCBA9876543210"),
                                  std::string("{0123456789abcdefFEDCBA9876543210}")}) {
    uint64_t high = 0, low = 0;
    EXPECT_EQ(to_uuid(text, high, low), Fault::none) << text;
    EXPECT_EQ(high, 0x0123456789abcdefu);
    EXPECT_EQ(low, 0xfedcba9876543210u);
  }
}

TEST(ExactUuid, ChecksEveryCharacter) {
  for (size_t at = 0; at < kUuid.size(); ++at) {
    const bool hyphen = kUuid[at] == '-';
    for (int c = 0; c < 256; ++c) {
      std::string text = kUuid;
      text[at] = static_cast<char>(c);
      uint64_t high = 0, low = 0;
      const bool good = hyphen ? c == '-' : c < 128 && std::isxdigit(c) != 0;
      EXPECT_EQ(to_uuid(text, high, low), good ? Fault::none : Fault::not_a_uuid) << at << ' ' << c;
    }
  }
}

TEST(ExactUuid, RefusesOtherForms) {
  for (const std::string& text : {std::string(), kUuid.substr(1), kUuid + "0", " " + kUuid, kUuid + " ", "{" + kUuid,
                                  kUuid + "}", std::string("{}"), "urn:uuid:" + kUuid,
                                  std::string("0123-4567-89ab-cdef-fedc-ba98-7654-3210"), "{{" + kUuid + "}}"}) {
    uint64_t high = 0, low = 0;
    EXPECT_EQ(to_uuid(text, high, low), Fault::not_a_uuid) << text;
  }
}

}  // namespace
}  // namespace ingot::exact
