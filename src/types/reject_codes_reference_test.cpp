#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "types/fault.h"

namespace ingot {
namespace {

TEST(Fault, ReferenceNamesEach) {
  std::ifstream file("docs/reference/reject-codes.md");
  if (!file) GTEST_SKIP() << "not run from the project's folder";
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  for (int i = 1; i <= static_cast<int>(Fault::refused); ++i) {
    EXPECT_THAT(text, testing::HasSubstr(fmt::format("| `{}` |", fault_name(static_cast<Fault>(i)))));
  }
}

}  // namespace
}  // namespace ingot
