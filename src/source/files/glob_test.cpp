#include "source/files/glob.h"

#include <gtest/gtest.h>

namespace ingot {

namespace {

TEST(Glob, MatchesSegments) {
  EXPECT_TRUE(matches_segment("*.csv", "a.csv"));
  EXPECT_TRUE(matches_segment("*", "a"));
  EXPECT_TRUE(matches_segment("a*b*c", "a1b2b3c"));
  EXPECT_TRUE(matches_segment("a**c", "abc"));
  EXPECT_FALSE(matches_segment("a*b*c", "a1b2b3"));
  EXPECT_FALSE(matches_segment("*.csv", "a.csv.gz"));
  EXPECT_FALSE(matches_segment("?", ""));
  EXPECT_TRUE(matches_segment("", ""));
}

TEST(Glob, CountsCharactersNotBytes) {
  EXPECT_TRUE(matches_segment("?.csv", "é.csv"));
  EXPECT_TRUE(matches_segment("[à-ï].csv", "é.csv"));
  EXPECT_FALSE(matches_segment("??.csv", "é.csv"));
  EXPECT_TRUE(matches_segment("?", "\xff"));
  EXPECT_TRUE(matches_segment("*\xa9", "\xc3*\xa9"));
}

TEST(Glob, MatchesClasses) {
  EXPECT_TRUE(matches_segment("[a-c]1", "b1"));
  EXPECT_FALSE(matches_segment("[!a-c]1", "b1"));
  EXPECT_TRUE(matches_segment("[^a-c]1", "d1"));
  EXPECT_TRUE(matches_segment("[]]", "]"));
  EXPECT_TRUE(matches_segment("[a-]", "-"));
  EXPECT_TRUE(matches_segment("[*]", "*"));
  EXPECT_FALSE(matches_segment("[*]", "a"));
  EXPECT_TRUE(matches_segment("a[b", "a[b"));
  EXPECT_FALSE(matches_segment("[", "a"));
}

TEST(Glob, HiddenNamesNeedADot) {
  EXPECT_FALSE(matches_segment("*", ".a"));
  EXPECT_FALSE(matches_segment("?a", ".a"));
  EXPECT_FALSE(matches_segment("[.]a", ".a"));
  EXPECT_TRUE(matches_segment(".*", ".a"));
}

TEST(Glob, StarsTakeLinearTime) {
  std::string pattern, name(5'000, 'a');
  for (int i = 0; i < 200; ++i) pattern += "a*";
  EXPECT_FALSE(matches_segment(pattern + "b", name));
}

TEST(Glob, NormalisesPaths) {
  EXPECT_EQ(to_path(parse_pattern("./a//b/./c/")), "a/b/c");
  EXPECT_EQ(to_path(parse_pattern("a/../../b")), "../b");
  EXPECT_EQ(to_path(parse_pattern("/../a")), "/a");
  EXPECT_EQ(to_path(parse_pattern("/")), "/");
  EXPECT_EQ(to_path(parse_pattern(".")), "");
  EXPECT_TRUE(parse_pattern("a/").only_folder);
  EXPECT_FALSE(parse_pattern("a/b").wild);
}

}  // namespace

}  // namespace ingot
