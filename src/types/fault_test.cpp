#include "types/fault.h"

#include <gtest/gtest.h>

#include <set>

namespace ingot {
namespace {

TEST(Fault, HasAStableNameAndAText) {
  EXPECT_EQ(fault_name(Fault::none), "none");
  EXPECT_EQ(fault_name(Fault::not_a_number), "not_a_number");
  EXPECT_EQ(fault_name(Fault::refused), "refused");
  EXPECT_EQ(fault_text(Fault::not_a_number), "not a number");
}

TEST(Fault, NamesAreDistinct) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Fault::refused); ++i) {
    EXPECT_TRUE(names.insert(fault_name(static_cast<Fault>(i))).second) << i;
    EXPECT_FALSE(fault_text(static_cast<Fault>(i)).empty()) << i;
  }
}

TEST(Fault, SurvivesADamagedNumber) { EXPECT_EQ(fault_name(static_cast<Fault>(250)), "unknown"); }

}  // namespace
}  // namespace ingot
