#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/s3/key_pattern.h"
#include "source/s3/manifest.h"

namespace ingot {
namespace {

using ::testing::ElementsAre;

TEST(KeyPattern, MatchesAsFilePatternsDo) {
  struct Case {
    const char* pattern;
    const char* key;
    bool matches;
  };
  const Case cases[] = {
      {"*.json", "a.json", true},
      {"*.json", "x/a.json", false},
      {"*.json", ".a.json", false},
      {"**/*.json", "a.json", true},
      {"**/*.json", "x/y/a.json", true},
      {"**/*.json", "x/.y/a.json", false},
      {"x/**", "x/a", true},
      {"x/**", "x/y/a", true},
      {"x/**", "x", false},
      {"x/", "x/y/a", true},
      {"", "a/b", true},
      {"a/**/b/**/c", "a/b/c", true},
      {"a/**/b/**/c", "a/1/b/2/3/c", true},
      {"a/**/b/**/c", "a/c", false},
      {"dt=*/part-?.csv", "dt=1/part-7.csv", true},
      {"dt=*/part-?.csv", "dt=1/2/part-7.csv", false},
      {"a//b*", "a//bc", true},
      {"a/b*", "a//bc", false},
      {"[a-c]x", "bx", true},
      {"**/.hidden/*", "x/.hidden/y", true},
  };
  for (const Case& c : cases) EXPECT_EQ(KeyPattern(c.pattern).matches(c.key), c.matches) << c.pattern << " " << c.key;
}

TEST(KeyPattern, ManyStarsCostNothing) {
  std::string pattern, key;
  for (int i = 0; i < 20; ++i) pattern += "**/a/";
  for (int i = 0; i < 200; ++i) key += "a/";
  EXPECT_FALSE(KeyPattern(pattern + "b").matches(key + "c"));
}

TEST(KeyPattern, KnowsWhatIsToBeListed) {
  const auto of = [](const char* text) {
    const KeyPattern pattern(text);
    return std::pair(pattern.prefix(), pattern.deep());
  };
  EXPECT_EQ(of("a/b/*.json"), std::pair(std::string("a/b/"), false));
  EXPECT_EQ(of("a/b-2024*/x"), std::pair(std::string("a/b-2024"), true));
  EXPECT_EQ(of("a/**"), std::pair(std::string("a/"), true));
  EXPECT_EQ(of(""), std::pair(std::string(), true));
  EXPECT_FALSE(KeyPattern("a/b").wild());
}

TEST(Manifest, NamesAreBesideIt) {
  const S3Url manifest{"media", "in/files_list.data"};
  const auto names = parse_manifest("a.json\r\n\nsub/b c.json\n  \ns3://other/x\na.json\n", manifest);
  ASSERT_TRUE(names);
  std::vector<std::string> texts;
  for (const S3Url& url : *names) texts.push_back(url.text());
  EXPECT_THAT(texts, ElementsAre("s3://media/in/a.json", "s3://media/in/sub/b c.json", "s3://other/x"));
  EXPECT_EQ(parse_manifest("x", {"media", "files_list.data"})->front().text(), "s3://media/x");
}

TEST(Manifest, BytesAreNoNames) {
  const auto names = parse_manifest(std::string("a\nb\0c\n", 6), {"media", "m"});
  ASSERT_FALSE(names);
  EXPECT_EQ(names.error().message, "not a list of names: s3://media/m");
  EXPECT_EQ(names.error().where->line, 2);
  EXPECT_FALSE(parse_manifest("s3://\n", {"media", "m"}));
}

}  // namespace
}  // namespace ingot
