#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "types/exact.h"

namespace ingot::exact {
namespace {

std::string bytes_of(const std::string& text, Encoding encoding) {
  std::string bytes(binary_size(text, encoding), '?');
  EXPECT_EQ(fault_name(to_binary(text, encoding, bytes.data())), "none") << text;
  return bytes;
}

bool is_refused(const std::string& text, Encoding encoding) {
  std::string bytes(binary_size(text, encoding), '?');
  return to_binary(text, encoding, bytes.data()) == Fault::not_binary;
}

TEST(ExactBinary, TakesHexadecimalDigits) {
  EXPECT_EQ(bytes_of("\\x00fFA0", Encoding::prefixed_hex), std::string("\0\xFF\xA0", 3));
  EXPECT_EQ(bytes_of("\\x", Encoding::prefixed_hex), "");
  EXPECT_EQ(bytes_of("00fFA0", Encoding::hex), std::string("\0\xFF\xA0", 3));
  for (const char* text : {"", "\\", "x00", "00", "\\x0", "\\x0g", "\\X00", "\\x00 ", "\\x0 0", "\\\\x00", "abc"}) {
    EXPECT_TRUE(is_refused(text, Encoding::prefixed_hex)) << text;
  }
  for (const char* text : {"\\x00", "0", "0x00", "zz", "\xff\xff"})
    EXPECT_TRUE(is_refused(text, Encoding::hex)) << text;
}

// Source: RFC 4648, section 10.
TEST(ExactBinary, TakesBase64) {
  const std::vector<std::pair<std::string, std::string>> vectors{{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(bytes_of(text, Encoding::base64), bytes);
    EXPECT_EQ(bytes_of(text, Encoding::base64url), bytes);
    const std::string bare = text.substr(0, text.find('='));
    EXPECT_EQ(bytes_of(bare, Encoding::base64url), bytes);
    if (bare != text) EXPECT_TRUE(is_refused(bare, Encoding::base64)) << bare;
  }
  EXPECT_EQ(bytes_of("+/+/", Encoding::base64), "\xfb\xff\xbf");
  EXPECT_EQ(bytes_of("-_-_", Encoding::base64url), "\xfb\xff\xbf");
}

TEST(ExactBinary, RefusesOtherBase64) {
  for (const char* text :
       {"Z", "Zg=", "Zg===", "====", "=", "Zm9=v", "Zh==", "Zm9=", "Zm 9", "Zm9v\n", "Zg==Zg==", "-_-_", "Zg"}) {
    EXPECT_TRUE(is_refused(text, Encoding::base64)) << text;
  }
  for (const char* text : {"Z", "Zg=", "+/+/", "Zh", "Zm9vY"})
    EXPECT_TRUE(is_refused(text, Encoding::base64url)) << text;
}

}  // namespace
}  // namespace ingot::exact
