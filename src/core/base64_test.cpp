#include "core/base64.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

TEST(Base64, IsThatOfRfc4648) {
  const std::pair<std::string, std::string> pairs[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"},
                                                       {std::string("\0\xff\xfe", 3), "AP/+"}};
  for (const auto& [bytes, text] : pairs) {
    EXPECT_EQ(base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
}

TEST(Base64, NothingElseIsRead) {
  for (const char* text : {"Zg", "Zg=", "Zg==\n", "Z===", "====", "Zh==", "Zm9=", "Zm 9", "=m9v", "Zm9v=m9v"})
    EXPECT_FALSE(from_base64(text)) << text;
}

}  // namespace
}  // namespace ingot
