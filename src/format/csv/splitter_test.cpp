#include "format/csv/splitter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "format/csv/scanner.h"
#include "format/csv/unit_for_test.h"

namespace ingot::csv {
namespace {

/// A record as an index describes it: offset, line, fields as they stand, badly quoted or not.
struct Found {
  uint64_t offset = 0;
  uint64_t line = 0;
  std::vector<std::string> fields;
  bool bad = false;

  bool operator==(const Found&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Found& found) {
  out << "@" << found.offset << ":" << found.line << (found.bad ? " bad" : "");
  for (const std::string& field : found.fields) out << " [" << field << "]";
  return out;
}

std::vector<Found> records_of(const Block& block) {
  const auto& index = static_cast<const Index&>(*block.index);
  std::vector<Found> all;
  uint64_t line = block.line + index.first_line;
  size_t newline = 0, bad = 0;
  uint32_t k = 0;
  for (const uint32_t last : index.record_ends) {
    Found found{block.offset + static_cast<uint32_t>(index.separators[k] + 1u), line, {}, false};
    while (k < last) {
      const uint32_t begin = index.separators[k] + 1;
      const uint32_t end = index.separators[++k];
      found.fields.emplace_back(block.bytes.get() + begin, end - begin);
      if (k == last && end < block.size && found.fields.back().ends_with('\r')) found.fields.back().pop_back();
    }
    const uint32_t stop = index.separators[last];
    for (; bad < index.bad_quotes.size() && index.bad_quotes[bad] < stop; ++bad) found.bad = true;
    for (; newline < index.quoted_newlines.size() && index.quoted_newlines[newline] < stop; ++newline) ++line;
    ++line;
    all.push_back(std::move(found));
  }
  EXPECT_EQ(newline, index.quoted_newlines.size());
  EXPECT_EQ(bad, index.bad_quotes.size());
  return all;
}

Result<std::vector<Found>> split(std::string_view text, size_t piece, const std::shared_ptr<const Wanted>& wanted,
                                 Classify classify = best_classify()) {
  INGOT_ASSIGN(const auto blocks, cut_unit(text, piece, wanted, classify));
  std::vector<Found> all;
  for (const auto& block : blocks) {
    for (Found& found : records_of(*block)) all.push_back(std::move(found));
  }
  return all;
}

std::shared_ptr<Wanted> no_header() {
  auto wanted = text_columns({"a"});
  wanted->options.header = CsvOptions::Header::absent;
  return wanted;
}

/// The grammar, as simply as it can be said; nothing shared with the program. Returns nothing for an unclosed quote.
std::optional<std::vector<Found>> reference(const std::string& text, char escape = 0, char comment = 0) {
  std::vector<Found> all;
  Found record{0, 1, {""}, false};
  uint64_t line = 1;
  enum { start, plain, quoted, closed, in_comment } state = start;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool line_end = c == '\n' || (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n');
    std::string& field = record.fields.back();
    line += c == '\n';
    if (state == quoted) {
      field += c;
      if (escape != 0 && c == escape) {
        if (i + 1 == text.size()) return std::nullopt;
        field += text[++i];
        line += text[i] == '\n';
        if (text[i] != '"' && text[i] != escape) record.bad = true;
      } else if (c == '"') {
        state = closed;
      }
      continue;
    }
    if (state == start && comment != 0 && c == comment && record.fields.size() == 1) state = in_comment;
    if (state == in_comment && !line_end) {
      field += c;
    } else if (state == closed && c == '"' && escape == 0) {
      field += c;
      state = quoted;
    } else if (c == ',') {
      record.fields.emplace_back();
      state = start;
    } else if (line_end) {
      if (c == '\r') ++i, ++line;
      all.push_back(record);
      record = {i + 1, line, {""}, false};
      state = start;
    } else {
      if (state == closed) record.bad = true;
      state = state == start && c == '"' ? quoted : plain;
      field += c;
    }
  }
  if (state == quoted) return std::nullopt;
  if (record.offset < text.size()) all.push_back(record);
  return all;
}

// A file of nothing but lone CRs is refused.
bool has_only_cr(const std::string& text) {
  return text.find('\n') == text.npos && std::count(text.begin(), text.end(), '\r') > 1;
}

std::string random_text(std::mt19937& random, const std::string& alphabet, size_t most) {
  std::string text;
  const size_t size = random() % (most + 1);
  while (text.size() < size) text += alphabet[random() % alphabet.size()];
  return text;
}

TEST(CsvSplitter, CutsRecordsAndFields) {
  const auto found = split("a,b\n\"x,\"\"\ny\",2\r\n,\"\"\nlast,one", 1000, no_header());
  ASSERT_TRUE(found) << found.error().to_string();
  const std::vector<Found> expected = {{0, 1, {"a", "b"}, false},
                                       {4, 2, {"\"x,\"\"\ny\"", "2"}, false},
                                       {16, 4, {"", "\"\""}, false},
                                       {20, 5, {"last", "one"}, false}};
  EXPECT_EQ(*found, expected);
}

TEST(CsvSplitter, TakesAQuoteWithinAFieldForText) {
  const auto found = split("5\" pipe,12\" \"tube\"\n\"b\",c\n", 1000, no_header());
  ASSERT_TRUE(found);
  const std::vector<Found> expected = {{0, 1, {"5\" pipe", "12\" \"tube\""}, false}, {19, 2, {"\"b\"", "c"}, false}};
  EXPECT_EQ(*found, expected);
}

TEST(CsvSplitter, NotesTextBehindAClosingQuoteForThatRecordOnly) {
  const auto found = split("\"a\"x,1\n\"b\" ,2\n\"c\"\r,3\n\"d\"\r\n\"e\",4\n", 1000, no_header());
  ASSERT_TRUE(found);
  std::vector<bool> bad;
  for (const Found& record : *found) bad.push_back(record.bad);
  EXPECT_EQ(bad, (std::vector<bool>{true, true, true, false, false}));
}

TEST(CsvSplitter, KeepsALoneCarriageReturn) {
  const auto found = split("a\rb,c\r\r\nd\r", 1000, no_header());
  ASSERT_TRUE(found);
  const std::vector<Found> expected = {{0, 1, {"a\rb", "c\r"}, false}, {8, 2, {"d\r"}, false}};
  EXPECT_EQ(*found, expected);
}

TEST(CsvSplitter, EndsALastRecordThatEndsWithADelimiter) {
  for (const char* text : {"a,", "a,b\nc,"}) {
    const auto found = split(text, 1, no_header());
    ASSERT_TRUE(found);
    EXPECT_EQ(found->back().fields.size(), 2u) << text;
    EXPECT_EQ(found->back().fields.back(), "");
  }
}

TEST(CsvSplitter, FailsTheUnitForAnUnclosedQuoteAndTellsItsLine) {
  const std::string text = "\xEF\xBB\xBF\"a\",b\n\"1\n2\",x\nc,\"d\ne\nf,g\n";
  for (const size_t piece : {1u, 3u, 1000u}) {
    const auto found = split(text, piece, text_columns({"a"}));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Code::source_unreadable);
    EXPECT_EQ(found.error().message, "unclosed quote, opened at line 4");
  }
}

TEST(CsvSplitter, TellsTheLineOfAQuoteUnclosedInTheFirstRecord) {
  const auto found = split("\n\na,\"b\nc\n", 2, text_columns({"a"}));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message, "unclosed quote, opened at line 3");
}

TEST(CsvSplitter, CutsAllOfAnEmptyUnit) {
  for (const char* text : {"", "\n", "\r\n\n", "\xEF\xBB\xBF", "a,b\n", "a,b"}) {
    const auto found = split(text, 2, text_columns({"a"}));
    ASSERT_TRUE(found) << found.error().to_string();
    EXPECT_TRUE(found->empty()) << text;
  }
}

TEST(CsvSplitter, SkipsByteOrderMarkAndHeader) {
  const auto found = split("\xEF\xBB\xBF\"a\nb\",c\n1,2\n", 1, text_columns({"c"}));
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_EQ(*found, (std::vector<Found>{{11, 3, {"1", "2"}, false}}));
}

TEST(CsvSplitter, NeedsNoQuotesWhereThereAreNone) {
  auto wanted = no_header();
  wanted->options.quote = 0;
  const auto found = split(std::string("\"a,\0b\n\",c", 9), 1000, wanted);
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_EQ(found->size(), 2u);
}

TEST(CsvSplitter, CutsAlikeHoweverTheBytesArrive) {
  std::string text = "name,size\n";
  for (int i = 0; i < 12; ++i) {
    text += "\"quoted, \"\"twice\"\"\r\nand again\",5\" pipe\r\n\r\nplain text of some length,\"\"\n\"odd\"x,\"y\"\r\n";
  }
  const auto wanted = text_columns({"name"});
  const auto whole = split(text, text.size(), wanted);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->size(), 48u);
  for (size_t piece = 1; piece < text.size(); ++piece) {
    const auto found = split(text, piece, wanted);
    ASSERT_TRUE(found);
    ASSERT_EQ(*found, *whole) << "pieces of " << piece;
  }
}

TEST(CsvSplitter, AgreesWithTheReference) {
  std::mt19937 random(20240607);
  const std::string alphabets[] = {
      ",\"\n\rab", ",\"\na", "\",", "\"\r\n", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,\n", "\"\"\"\"aaaaaaa,\r\n"};
  const auto wanted = no_header();
  size_t open = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random_text(random, alphabets[static_cast<size_t>(i) % std::size(alphabets)], 300);
    if (has_only_cr(text)) continue;
    const auto expected = reference(text);
    const size_t piece = 1 + random() % 200;
    for (const Classify classify : {best_classify(), Classify{classify_plain}}) {
      const auto found = split(text, piece, wanted, classify);
      ASSERT_EQ(found.has_value(), expected.has_value()) << text;
      if (!expected) {
        ++open;
        continue;
      }
      // A unit of nothing but empty lines holds no record; its first record decides what the others need.
      if (text.find_first_not_of("\r\n") == std::string::npos) continue;
      ASSERT_EQ(*found, *expected) << "pieces of " << piece << ":\n" << text;
    }
  }
  EXPECT_GT(open, 500u);
}

TEST(CsvSplitter, AgreesWithTheReferenceUnderAnEscape) {
  std::mt19937 random(7);
  auto wanted = no_header();
  wanted->options.escape = '\\';
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random_text(random, i % 2 == 0 ? "\\\",\n\rab" : "\\\"\\\",a", 60);
    if (has_only_cr(text)) continue;
    const auto expected = reference(text, '\\');
    const auto found = split(text, 1 + random() % 20, wanted);
    ASSERT_EQ(found.has_value(), expected.has_value()) << text;
    if (!expected || text.find_first_not_of("\r\n") == std::string::npos) continue;
    ASSERT_EQ(*found, *expected) << text;
  }
}

TEST(CsvSplitter, AgreesWithTheReferenceWhereThereAreComments) {
  std::mt19937 random(11);
  auto wanted = no_header();
  wanted->options.comment = '#';
  for (int i = 0; i < 6000; ++i) {
    const std::string text = "x\n" + random_text(random, i % 2 == 0 ? "#\",\n\rab" : "#\"\n,", 60);
    const auto expected = reference(text, 0, '#');
    const auto found = split(text, 1 + random() % 20, wanted);
    ASSERT_EQ(found.has_value(), expected.has_value()) << text;
    if (expected) ASSERT_EQ(*found, *expected) << text;
  }
}

TEST(CsvSplitter, TakesCrForLf) {
  std::mt19937 random(12);
  const auto lf = no_header();
  auto cr = no_header();
  cr->options.ends_with_cr = true;
  const auto swapped = [](std::string text) {
    for (char& c : text) c = c == '\n' ? '\r' : c == '|' ? '\n' : c;
    return text;
  };
  for (int i = 0; i < 5000; ++i) {
    const std::string text = random_text(random, i % 2 == 0 ? "|\",\nab" : "\"aaaaaaaaaaaaaaa,\n|", 200);
    const size_t piece = 1 + random() % 70;
    auto expected = split(text, piece, lf);
    const auto found = split(swapped(text), piece, cr);
    ASSERT_EQ(found.has_value(), expected.has_value()) << text;
    if (!expected) continue;
    for (Found& record : *expected) {
      for (std::string& field : record.fields) field = swapped(field);
    }
    ASSERT_EQ(*found, *expected) << text;
  }
}

TEST(CsvSplitter, LeavesTheFooterOut) {
  std::mt19937 random(13);
  for (int i = 0; i < 5000; ++i) {
    const std::string text = "x\n" + random_text(random, "\",\nab", 100);
    const auto whole = split(text, text.size(), no_header());
    auto wanted = no_header();
    wanted->options.skip_footer = static_cast<uint32_t>(random() % 4);
    const auto found = split(text, 1 + random() % 30, wanted);
    ASSERT_EQ(found.has_value(), whole.has_value()) << text;
    if (!whole) continue;
    const size_t left = whole->size() - std::min<size_t>(whole->size(), wanted->options.skip_footer);
    ASSERT_EQ(*found, std::vector<Found>(whole->begin(), whole->begin() + static_cast<ptrdiff_t>(left))) << text;
  }
}

TEST(CsvSplitter, LeavesOutWhatBeginsLikeTheFooter) {
  std::mt19937 random(14);
  size_t left_out = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string text = "x\n" + random_text(random, i % 2 == 0 ? "a\n" : "\",\nab", 40);
    const auto whole = split(text, text.size(), no_header());
    auto wanted = no_header();
    wanted->options.footer = "a";
    const auto found = split(text, 1 + random() % 30, wanted);
    ASSERT_EQ(found.has_value(), whole.has_value()) << text;
    if (!whole) continue;
    const auto begins = [&](const Found& record, const char* with) { return record.fields[0].starts_with(with); };
    size_t count = 0;
    for (size_t n = 1; n <= std::min(whole->size(), Scanner::kMostFooter); ++n) {
      const Found& record = (*whole)[whole->size() - n];
      const bool empty = record.fields.size() == 1 && record.fields[0].empty();
      if (begins(record, "a") || begins(record, "\"a")) count = n;
      if (!empty && count < n) break;
    }
    left_out += count;
    ASSERT_EQ(*found, std::vector<Found>(whole->begin(), whole->end() - static_cast<ptrdiff_t>(count))) << text;
  }
  EXPECT_GT(left_out, 1000u);
}

// `|:` stands wherever a comma did.
TEST(CsvSplitter, TakesADelimiterOfSeveralCharacters) {
  std::mt19937 random(15);
  auto wanted = no_header();
  wanted->options.delimiter = '|';
  wanted->options.delimiter_rest = ":";
  const auto longer = [](const std::string& text) {
    std::string out;
    for (const char c : text) out += c == ',' ? "|:" : std::string(1, c);
    return out;
  };
  for (int i = 0; i < 10000; ++i) {
    const std::string text = random_text(random, i % 2 == 0 ? ",\"\n\r|a" : "\"a,|\n", 60);
    if (has_only_cr(text) || text.find_first_not_of("\r\n") == std::string::npos) continue;
    auto expected = split(text, 1000, no_header());
    auto found = split(longer(text), 1 + random() % 20, wanted);
    ASSERT_EQ(found.has_value(), expected.has_value()) << text;
    if (!expected) continue;
    ASSERT_EQ(found->size(), expected->size()) << text;
    for (size_t r = 0; r < found->size(); ++r) {
      Found& record = (*found)[r];
      for (size_t f = 0; f + 1 < record.fields.size(); ++f) record.fields[f].pop_back();  // the place is its last byte
      record.offset = (*expected)[r].offset;
      for (std::string& field : (*expected)[r].fields) field = longer(field);
    }
    ASSERT_EQ(*found, *expected) << text;
  }
}

TEST(CsvClassify, AllWaysAgree) {
  std::mt19937 random(3);
  std::string bytes = random_text(random, std::string(",\"\n\r;a\0\x80", 8), 1 << 16);
  bytes.resize(1 << 16, '"');
  constexpr size_t kBlocks = (1 << 16) / 64;
  for (const Dialect& dialect :
       {Dialect{}, Dialect{';', '\'', 0}, Dialect{'\t', 0, 0}, Dialect{',', '"', 0, 0, '\r'}}) {
    std::vector<Masks> plain(kBlocks), other(kBlocks);
    classify_plain(bytes.data(), kBlocks, dialect, plain.data());
    const auto agrees = [&](Classify classify) {
      classify(bytes.data(), kBlocks, dialect, other.data());
      return std::memcmp(plain.data(), other.data(), kBlocks * sizeof(Masks)) == 0;
    };
#if defined(__x86_64__)
    EXPECT_TRUE(agrees(classify_sse2));
    EXPECT_TRUE(!avx2_usable() || agrees(classify_avx2));
#endif
    EXPECT_TRUE(agrees(best_classify()));
  }
}

}  // namespace
}  // namespace ingot::csv
