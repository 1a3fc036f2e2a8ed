#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "core/error.h"
#include "core/exit_meaning.h"

namespace ingot {
namespace {

TEST(ExitCodes, ReferenceNamesEachWithItsNumber) {
  std::ifstream file("docs/reference/exit-codes.md");
  if (!file) GTEST_SKIP() << "not run from the project's folder";
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  for (int i = 0; i <= static_cast<int>(Code::internal); ++i) {
    const CodeInfo& info = describe(static_cast<Code>(i));
    const std::string row = fmt::format("| {} | `{}` | {} | {} |\n", info.exit_code, info.name,
                                        info.retryable ? "yes" : "no", exit_meaning(static_cast<Code>(i)));
    EXPECT_THAT(text, testing::HasSubstr(row));
  }
}

}  // namespace
}  // namespace ingot
