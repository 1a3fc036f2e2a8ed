#include "format/csv/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/csv/unit_for_test.h"

namespace ingot::csv {
namespace {

using testing::HasSubstr;

Result<std::shared_ptr<const Layout>> layout_of(const std::string& text, const std::shared_ptr<Wanted>& wanted) {
  const auto prologue = read_prologue(text, true, *wanted);
  if (!prologue) return fail(prologue.error());
  return (*prologue)->layout;
}

std::shared_ptr<Wanted> detecting(const std::vector<std::string>& names) { return text_columns(names, 0); }

char delimiter_of(const std::string& text, const std::shared_ptr<Wanted>& wanted) {
  const auto layout = layout_of(text, wanted);
  EXPECT_TRUE(layout) << (layout ? "" : layout.error().to_string());
  return layout ? (*layout)->dialect.delimiter : '?';
}

std::string message_of(const std::string& text, const std::shared_ptr<Wanted>& wanted) {
  const auto layout = layout_of(text, wanted);
  if (layout) return "no error";
  EXPECT_EQ(layout.error().code, Code::source_unreadable);
  return layout.error().message + " | " + layout.error().hint;
}

TEST(CsvLayout, DetectsTheDelimiter) {
  EXPECT_EQ(delimiter_of("a,b\n1,2\n", detecting({"a", "b"})), ',');
  EXPECT_EQ(delimiter_of("a;b\n1,5;2,5\n", detecting({"a", "b"})), ';');
  EXPECT_EQ(delimiter_of("a\tb,c\n1\t2\n", detecting({"a"})), '\t');
  EXPECT_EQ(delimiter_of("a|b\n\"x,y\nz\"|2\n", detecting({"b"})), '|');
  EXPECT_EQ(delimiter_of("a\n1\n", detecting({"a"})), ',');
}

TEST(CsvLayout, NeverDetectsTheQuoteOrTheEscape) {
  auto wanted = detecting({"a", "b"});
  wanted->options.quote = ';';
  wanted->options.escape = ',';
  EXPECT_EQ(delimiter_of("a|b\n;x|y;|,;,;,;\n", wanted), '|');
  wanted->options.header = CsvOptions::Header::absent;
  wanted->positions = {0, -1};
  wanted->slots.pop_back();
  EXPECT_EQ(delimiter_of("x\n", wanted), '\t');
}

TEST(CsvLayout, DetectsTheDelimiterWithoutHeader) {
  auto wanted = detecting({"a", "b", "c"});
  wanted->options.header = CsvOptions::Header::absent;
  EXPECT_EQ(delimiter_of("1,5;2,5;x\n1;2;3\n", wanted), ';');
  EXPECT_EQ(delimiter_of("x,y;z,w\n1,2\n1,2,3\n", wanted), ',');
}

TEST(CsvLayout, DetectionDoesNotDependOnHowMuchHasArrived) {
  const std::string text = "a;b\n" + std::string(200000, 'x') + ";1\n";
  const auto wanted = detecting({"b"});
  EXPECT_FALSE(*read_prologue(text.substr(0, 1000), false, *wanted));
  const auto early = read_prologue(text.substr(0, kSampleBytes), false, *wanted);
  ASSERT_TRUE(early && *early);
  EXPECT_EQ((*early)->layout->dialect.delimiter, ';');
}

TEST(CsvLayout, FindsColumnsByName) {
  const auto layout = layout_of("B,a,A,c\n", text_columns({"a", "C", "b"}));
  ASSERT_TRUE(layout) << layout.error().to_string();
  EXPECT_TRUE((*layout)->has_header);
  EXPECT_EQ((*layout)->slot_fields, (std::vector<uint32_t>{1, 3, 0}));
  EXPECT_EQ((*layout)->fields, 4u);
}

TEST(CsvLayout, TakesTheFirstAlternativeThatIsThere) {
  auto wanted = text_columns({"title"});
  wanted->slots[0].sources = {{{"original", -1}}, {{"title", -1}}, {{"name", -1}}};
  EXPECT_EQ((*layout_of("name,title\n", wanted))->slot_fields[0], 1u);
  EXPECT_EQ((*layout_of("name,title,original\n", wanted))->slot_fields[0], 2u);
}

TEST(CsvLayout, NamesWhatIsMissingAndWhatIsNear) {
  const std::string message = message_of("sku,descripton,price\n", text_columns({"sku", "description", "zone"}));
  EXPECT_THAT(message, HasSubstr("the header lacks columns: description, zone"));
  EXPECT_THAT(message, HasSubstr("did you mean descripton for description?"));
  EXPECT_THAT(message, HasSubstr("the header has: sku, descripton, price"));

  auto present = text_columns({"a"});
  present->options.header = CsvOptions::Header::present;
  EXPECT_THAT(message_of("x,y\n", present), HasSubstr("the header lacks a column: a"));
}

TEST(CsvLayout, RefusesANameThatOccursTwiceIfItIsWanted) {
  EXPECT_THAT(message_of("a,b,a\n", text_columns({"a"})), HasSubstr("the header names a column twice: a"));
  EXPECT_TRUE(layout_of("a,b,a\n", text_columns({"b"})));
}

TEST(CsvLayout, RefusesAnAmbiguousCase) {
  auto wanted = text_columns({"a"});
  wanted->options.header = CsvOptions::Header::present;
  EXPECT_FALSE(layout_of("A,A\n", wanted));
}

TEST(CsvLayout, TakesPositionsWhereThereIsNoHeader) {
  const auto layout = layout_of("\n1,x\n", text_columns({"id", "name"}));
  ASSERT_TRUE(layout) << layout.error().to_string();
  EXPECT_FALSE((*layout)->has_header);
  EXPECT_EQ((*layout)->slot_fields, (std::vector<uint32_t>{0, 1}));
  EXPECT_THAT(message_of("1,x,2\n", text_columns({"id", "name"})),
              HasSubstr("the first record has 3 fields, where 2 are declared"));

  auto absent = text_columns({"id", "name"});
  absent->options.header = CsvOptions::Header::absent;
  EXPECT_TRUE(layout_of("id,name,more\n", absent));
  EXPECT_THAT(message_of("1\n", absent), HasSubstr("the first record has 1 field, where 2 are declared"));
  absent->positions[1] = -1;
  EXPECT_THAT(message_of("1,2\n", absent), HasSubstr("no header, and no declared column has this name: name"));
}

TEST(CsvLayout, DoesNotTakeAMisspeltHeaderForARow) {
  auto wanted = text_columns({"unit_price", "name"});
  EXPECT_THAT(message_of("Unit Price,title\n", wanted), HasSubstr("did you mean Unit Price?"));
  EXPECT_TRUE(layout_of("Nate,12\n", wanted));
  EXPECT_THAT(message_of("id,title\n", wanted), HasSubstr("may be another header or a row"));
  wanted = text_columns({"price", "name"});
  wanted->slots[0].type.kind = Kind::float64;
  EXPECT_THAT(message_of("cost,title\n", wanted), HasSubstr("neither the declared header nor a row"));
  EXPECT_TRUE(layout_of("1.5,title\n", wanted));
}

TEST(CsvLayout, RefusesAHeaderThatCannotBeRead) {
  EXPECT_THAT(message_of("a,\xff\n", text_columns({"a"})), HasSubstr("not valid UTF-8, in line 1"));
  EXPECT_THAT(message_of("\na,\"b\"c\n", text_columns({"a"})), HasSubstr("after a closing quote, in line 2"));
  EXPECT_THAT(message_of("a,\"b\n", text_columns({"a"})), HasSubstr("unclosed quote, opened at line 1"));
}

TEST(CsvLayout, TakesFieldsByTheirPlace) {
  auto wanted = text_columns({"a", "b"});
  wanted->slots[1].sources = {{PathStep{"", 2}}};
  EXPECT_THAT((*layout_of("a,x,x,\n1,2,3,4\n", wanted))->slot_fields, testing::ElementsAre(0, 2));
  EXPECT_THAT(message_of("a,x\n", wanted), HasSubstr("the header lacks a column"));
  wanted->slots[0].sources = {{PathStep{"", 3}}};
  EXPECT_THAT(message_of("a,x,x,\n", wanted), HasSubstr("say from.header: true or false"));
  wanted->options.header = CsvOptions::Header::absent;
  EXPECT_THAT((*layout_of("1,2,3,4\n", wanted))->slot_fields, testing::ElementsAre(3, 2));
  EXPECT_THAT(message_of("1,2,3\n", wanted), HasSubstr("there is no [3]"));
  EXPECT_THAT(message_of("a,b,a\n", text_columns({"a"})), HasSubstr("from: \"[0]\" or \"[2]\""));
}

TEST(CsvLayout, SkipsWhatIsNoHeader) {
  auto wanted = text_columns({"a b", "c"});
  wanted->options.skip = 2;
  wanted->options.comment = '#';
  wanted->options.header_rows = 2;
  const std::string head = "\xEF\xBB\xBF\"\nx,y,z\n#\"\n\na,c\n#\nb\n";
  const auto prologue = read_prologue(head + "1,2\n", true, *wanted);
  ASSERT_TRUE(prologue) << prologue.error().to_string();
  EXPECT_EQ((*prologue)->bytes, head.size());
  EXPECT_EQ((*prologue)->newlines, 7u);
  EXPECT_THAT((*prologue)->layout->header, testing::ElementsAre("a b", "c"));
  for (size_t size = 0; size < head.size(); ++size) {
    const auto part = read_prologue(head.substr(0, size), false, *wanted);
    ASSERT_TRUE(part);
    EXPECT_FALSE(part->has_value()) << size;
  }
  EXPECT_THAT(message_of("x\n", wanted), HasSubstr("fewer lines than are to be skipped: 2"));
  const auto kept = csv::layout_of(UnitHead{head, ',', 2}, *wanted);
  ASSERT_TRUE(kept);
  EXPECT_THAT((*kept)->slot_fields, testing::ElementsAre(0, 1));
}

TEST(CsvLayout, RefusesLinesThatEndWithCrAlone) {
  EXPECT_THAT(message_of("a,b\r1,2\r", text_columns({"a"})), HasSubstr("say from.newline: cr"));
  auto wanted = text_columns({"b"});
  wanted->options.ends_with_cr = true;
  EXPECT_THAT((*layout_of("a,b\r1,2\r", wanted))->slot_fields, testing::ElementsAre(1));
}

TEST(CsvLayout, IsTheSameOfAHeadThatWasKept) {
  auto wanted = detecting({"name", "id"});
  const auto with_header = csv::layout_of(UnitHead{"\xEF\xBB\xBF\nid;name;x\n", ';', 3}, *wanted);
  ASSERT_TRUE(with_header);
  EXPECT_EQ((*with_header)->dialect.delimiter, ';');
  EXPECT_EQ((*with_header)->fields, 3u);
  EXPECT_THAT((*with_header)->slot_fields, testing::ElementsAre(1, 0));
  wanted->positions = {0, 1};
  const auto without = csv::layout_of(UnitHead{"\xEF\xBB\xBF", '|', 4}, *wanted);
  ASSERT_TRUE(without);
  EXPECT_FALSE((*without)->has_header);
  EXPECT_EQ((*without)->fields, 4u);
  EXPECT_THAT((*without)->slot_fields, testing::ElementsAre(0, 1));
  wanted->options.delimiter = ',';  // the pipeline says so now
  EXPECT_EQ((*csv::layout_of(UnitHead{"id,name\n", ';', 1}, *wanted))->fields, 2u);
  EXPECT_THAT(csv::layout_of(UnitHead{"id\n", ',', 1}, *wanted).error().message, HasSubstr("name"));
  wanted->options.header = CsvOptions::Header::present;
  EXPECT_THAT(csv::layout_of(UnitHead{"", ',', 2}, *wanted).error().message, "its file had no header");
}

}  // namespace
}  // namespace ingot::csv
