#include "types/path.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

struct Good {
  std::string text;
  Path path;
  std::string canonical;
};

TEST(Path, ReadsAndWritesBack) {
  const Good cases[] = {
      {"a", {{"a"}}, "a"},
      {"a.b", {{"a"}, {"b"}}, "a.b"},
      {"a[0].b", {{"a"}, {"", 0}, {"b"}}, "a[0].b"},
      {"a[2][3]", {{"a"}, {"", 2}, {"", 3}}, "a[2][3]"},
      {"[1].x", {{"", 1}, {"x"}}, "[1].x"},
      {"\"a.b\".c", {{"a.b"}, {"c"}}, "\"a.b\".c"},
      {"a.\"\"", {{"a"}, {""}}, "a.\"\""},
      {"\"say \"\"hi\"\"\"", {{"say \"hi\""}}, "\"say \"\"hi\"\"\""},
      {"\"plain\"", {{"plain"}}, "plain"},
      {"\"original_title:\"", {{"original_title:"}}, "original_title:"},
      {"First Name", {{"First Name"}}, "First Name"},
      {"\" a\"", {{" a"}}, "\" a\""},
      {"größe.日本", {{"größe"}, {"日本"}}, "größe.日本"},
      {"@type", {{"@type"}}, "@type"},
      {"$", {}, "$"},
      {"\"$\"", {{"$"}}, "\"$\""},
      {"\"a*\"", {{"a*"}}, "\"a*\""},
      {"a[2147483647]", {{"a"}, {"", 2147483647}}, "a[2147483647]"},
  };
  for (const Good& c : cases) {
    SCOPED_TRACE(c.text);
    const auto path = parse_path(c.text);
    ASSERT_TRUE(path.has_value()) << path.error().to_string();
    EXPECT_EQ(*path, c.path);
    EXPECT_EQ(path_text(*path), c.canonical);
    EXPECT_EQ(parse_path(path_text(*path)), c.path);
  }
}

struct Bad {
  std::string text;
  std::string message;
  std::string hint;
};

TEST(Path, RefusesWhatItCannotMean) {
  const std::string index = "an index is a whole number that counts from 0, such as [0]";
  const std::string empty = "an empty key is written \"\"";
  const Bad cases[] = {
      {"", "empty path", "the whole record is written $"},
      {".a", "empty segment in path: .a", empty},
      {"a.", "empty segment in path: a.", empty},
      {"a..b", "empty segment in path: a..b", empty},
      {"a[-1]", "not an array index in path: a[-1]", index},
      {"a[01]", "not an array index in path: a[01]", index},
      {"a[x]", "not an array index in path: a[x]", index},
      {"a[]", "not an array index in path: a[]", index},
      {"a[2147483648]", "not an array index in path: a[2147483648]", index},
      {"a[*].b", "[*] in a path is not supported by this version yet: a[*].b", ""},
      {"a[1", "unclosed [ in path: a[1", ""},
      {"\"a", "unclosed quote in path: \"a", ""},
      {"\"a\"b", "expected . or [ in path: \"a\"b", ""},
      {"a[0]b", "expected . or [ in path: a[0]b", ""},
      {"Price (USD)", "a path's segment with such characters needs double quotes: Price (USD)",
       "write \"Price (USD)\""},
      {" a", "a path's segment with such characters needs double quotes:  a", "write \" a\""},
      {"a\"b", "a path's segment with such characters needs double quotes: a\"b", "write \"a\"\"b\""},
      {"$.a", "a path's segment with such characters needs double quotes: $.a", "write \"$\""},
  };
  for (const Bad& c : cases) {
    SCOPED_TRACE(c.text);
    const auto path = parse_path(c.text);
    ASSERT_FALSE(path.has_value());
    EXPECT_EQ(path.error().code, Code::invalid_pipeline);
    EXPECT_EQ(path.error().message, c.message);
    EXPECT_EQ(path.error().hint, c.hint);
  }
}

}  // namespace
}  // namespace ingot
