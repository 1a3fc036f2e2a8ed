#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "spec/options.h"

namespace ingot::spec {
namespace {

TEST(Options, ReferenceIsUpToDate) {
  const std::string path = "docs/reference/options.md";
  std::ifstream file(path);
  if (!file) GTEST_SKIP() << "not run from the project's folder";
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  if (text == options_reference_markdown()) return;
  // INGOT_WRITE_DOCS=1 build/ingot_tests --gtest_filter=Options.ReferenceIsUpToDate
  if (std::getenv("INGOT_WRITE_DOCS") != nullptr) {
    std::ofstream(path) << options_reference_markdown();
    return;
  }
  EXPECT_EQ(text, options_reference_markdown()) << "run this test with INGOT_WRITE_DOCS=1";
}

}  // namespace
}  // namespace ingot::spec
