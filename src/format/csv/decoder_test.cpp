#include "format/csv/decoder.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "format/csv/unit_for_test.h"

namespace ingot::csv {
namespace {

/// One decoded record; a value is its text as DuckDB prints it.
struct Decoded {
  uint64_t offset = 0, length = 0, line = 0;
  std::vector<std::optional<std::string>> values;
  std::vector<RecordFault> faults;
};

std::vector<Decoded> decode(const std::vector<std::shared_ptr<Block>>& blocks,
                            const std::shared_ptr<const Wanted>& wanted, size_t max_rows = STANDARD_VECTOR_SIZE) {
  duckdb::vector<duckdb::LogicalType> types{duckdb::LogicalType::BLOB};
  for (const Slot& slot : wanted->slots) types.push_back(duckdb_type(slot.type));
  duckdb::DataChunk chunk;
  chunk.Initialize(duckdb::Allocator::DefaultAllocator(), types);
  const size_t start = max_rows < 10 ? 3 : 0;  // a chunk may hold other blocks' rows already
  std::vector<uint64_t> offset(start + max_rows), length(start + max_rows), line(start + max_rows);
  const auto decoder = make_decoder(wanted);
  std::vector<Decoded> all;
  for (const auto& block : blocks) {
    decoder->start(block);
    for (;;) {
      chunk.Reset();
      DecodedRows rows{start, offset.data(), length.data(), line.data(), &chunk.data[0], {}};
      for (size_t i = 0; i < wanted->slots.size(); ++i) rows.slots.push_back(&chunk.data[i + 1]);
      for (size_t i = 0; i < start + max_rows; ++i) duckdb::FlatVector::SetNull(chunk.data[0], i, true);
      const size_t count = decoder->decode(max_rows, rows);
      if (count == 0) break;
      chunk.SetCardinality(start + count);
      for (size_t i = start; i < start + count; ++i) {
        Decoded record{offset[i], length[i], line[i], {}, {}};
        for (duckdb::Vector* vector : rows.slots) {
          const duckdb::Value value = vector->GetValue(i);
          record.values.push_back(value.IsNull() ? std::nullopt : std::optional<std::string>(value.ToString()));
        }
        const duckdb::Value packed = chunk.data[0].GetValue(i);
        if (!packed.IsNull()) record.faults = FaultList::unpack(duckdb::StringValue::Get(packed)).faults;
        all.push_back(std::move(record));
      }
    }
  }
  return all;
}

std::vector<Decoded> decode(std::string_view text, const std::shared_ptr<const Wanted>& wanted, size_t piece = 1 << 20,
                            size_t max_rows = STANDARD_VECTOR_SIZE) {
  const auto blocks = cut_unit(text, piece, wanted);
  EXPECT_TRUE(blocks) << (blocks ? "" : blocks.error().to_string());
  return blocks ? decode(*blocks, wanted, max_rows) : std::vector<Decoded>{};
}

/// Columns `a`, `b`, … of these types.
std::shared_ptr<Wanted> columns(const std::vector<Type>& types) {
  std::vector<std::string> names;
  for (size_t i = 0; i < types.size(); ++i) names.push_back(std::string(1, static_cast<char>('a' + i)));
  auto wanted = text_columns(names);
  for (size_t i = 0; i < types.size(); ++i) wanted->slots[i].type = types[i];
  return wanted;
}

using Values = std::vector<std::optional<std::string>>;
const Type kText{}, kInt{Kind::int32};

TEST(CsvDecoder, DecodesEveryKind) {
  const auto wanted = columns({{Kind::boolean},
                               {Kind::int16},
                               kInt,
                               {Kind::int64},
                               {Kind::float32},
                               {Kind::float64},
                               {Kind::decimal, 4, 2},
                               {Kind::decimal, 9, 0},
                               {Kind::decimal, 18, 3},
                               {Kind::decimal, 38, 2},
                               kText,
                               {Kind::date},
                               {Kind::timestamp},
                               {Kind::timestamptz},
                               {Kind::uuid},
                               {Kind::json}});
  const auto records = decode(
      "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p\n"
      "true,-7,\"8\",9000000000,1.5,0.1,12.34,-123456789,1.001,-123456789012345678901234567890.12,x,2024-02-29,"
      "2024-01-02T03:04:05.25,2024-01-02 03:04:05+02,00112233-4455-6677-8899-aabbccddeeff,\"{\"\"k\"\":[1]}\"\n",
      wanted);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_TRUE(records[0].faults.empty());
  EXPECT_EQ(records[0].values,
            (Values{"true", "-7", "8", "9000000000", "1.5", "0.1", "12.34", "-123456789", "1.001",
                    "-123456789012345678901234567890.12", "x", "2024-02-29", "2024-01-02 03:04:05.25",
                    "2024-01-02 01:04:05+00", "00112233-4455-6677-8899-aabbccddeeff", "{\"k\":[1]}"}));
}

TEST(CsvDecoder, MakesEveryLengthOfText) {
  const auto wanted = columns({kText, kText});
  std::string text = "a,b\n";
  for (size_t n = 0; n <= 40; ++n) text += std::string(n, 'x') + ",\"" + std::string(n, 'y') + "\"\n";
  const auto records = decode(text, wanted);
  ASSERT_EQ(records.size(), 41u);
  for (size_t n = 0; n <= 40; ++n) {
    EXPECT_EQ(records[n].values, (Values{std::string(n, 'x'), std::string(n, 'y')}));
  }
}

TEST(CsvDecoder, MakesTextsThatCompareAsDuckDBsOwn) {
  const auto wanted = columns({kText});
  const auto blocks = cut_unit("a\nabc\n123456789012\n", 100, wanted);
  ASSERT_TRUE(blocks);
  duckdb::Vector vector(duckdb::LogicalType::VARCHAR), faults(duckdb::LogicalType::BLOB);
  uint64_t numbers[3][2];
  DecodedRows rows{0, numbers[0], numbers[1], numbers[2], &faults, {&vector}};
  const auto decoder = make_decoder(wanted);
  decoder->start((*blocks)[0]);
  ASSERT_EQ(decoder->decode(2, rows), 2u);
  const auto* texts = duckdb::FlatVector::GetData<duckdb::string_t>(vector);
  EXPECT_TRUE(texts[0] == duckdb::string_t("abc"));
  EXPECT_TRUE(texts[1] == duckdb::string_t("123456789012"));
}

TEST(CsvDecoder, UnquotesAndKeepsTheBlockAlive) {
  const auto wanted = columns({kText, kText});
  duckdb::Vector vector(duckdb::LogicalType::VARCHAR), other(duckdb::LogicalType::VARCHAR);
  duckdb::Vector faults(duckdb::LogicalType::BLOB);
  uint64_t numbers[3][4];
  {
    auto blocks = cut_unit("a,b\n\"she said \"\"so\"\" and\nwent\",a rather long plain text\n\"\"\"\",\"\"\"\"\"\"\n",
                           99, wanted);
    ASSERT_TRUE(blocks);
    const auto decoder = make_decoder(wanted);
    DecodedRows rows{0, numbers[0], numbers[1], numbers[2], &faults, {&vector, &other}};
    decoder->start((*blocks)[0]);
    ASSERT_EQ(decoder->decode(4, rows), 2u);
  }
  EXPECT_EQ(vector.GetValue(0).ToString(), "she said \"so\" and\nwent");
  EXPECT_EQ(other.GetValue(0).ToString(), "a rather long plain text");
  EXPECT_EQ(vector.GetValue(1).ToString(), "\"");
  EXPECT_EQ(other.GetValue(1).ToString(), "\"\"");
}

TEST(CsvDecoder, TakesOutEscapes) {
  auto wanted = columns({kText, kText});
  wanted->options.escape = '\\';
  const auto records = decode("a,b\n\"x\\\"y\\\\\",a\\b\n\"c:\\temp\",1\n\"a\"\"b\",2\n", wanted);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].values, (Values{"x\"y\\", "a\\b"}));
  for (const size_t i : {1u, 2u}) {
    ASSERT_EQ(records[i].faults.size(), 1u);
    EXPECT_EQ(records[i].faults[0].fault, Fault::bad_quoting);
  }
}

TEST(CsvDecoder, KnowsWhatIsNull) {
  auto wanted = columns({kText, kInt, {Kind::json}});
  const std::string text = "a,b,c\n,,\n\"\",\"\",\"\"\nNA,NA,NA\n\"NA\",1,\"\"\"NA\"\"\"\n";
  auto records = decode(text, wanted);
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(records[0].values, (Values{"", std::nullopt, std::nullopt}));
  EXPECT_EQ(records[1].values, (Values{"", std::nullopt, std::nullopt}));
  EXPECT_EQ(records[2].faults.size(), 2u);

  wanted->options.null_texts = {"NA"};
  records = decode(text, wanted);
  EXPECT_EQ(records[0].values, (Values{"", std::nullopt, std::nullopt}));
  EXPECT_EQ(records[1].values, (Values{"", std::nullopt, std::nullopt}));
  EXPECT_EQ(records[2].values, (Values{std::nullopt, std::nullopt, std::nullopt}));
  EXPECT_TRUE(records[2].faults.empty());
  EXPECT_EQ(records[3].values, (Values{"NA", "1", "\"NA\""}));

  wanted->options.null_texts = {""};
  records = decode(text, wanted);
  EXPECT_EQ(records[0].values, (Values{std::nullopt, std::nullopt, std::nullopt}));
  EXPECT_EQ(records[1].values, (Values{"", std::nullopt, std::nullopt}));
}

TEST(CsvDecoder, ListsAllFaultsOfARecordInSlotOrderWithTheirPlaces) {
  const auto wanted = columns({{Kind::text, 0, 0, 4}, kInt, {Kind::json}});
  const auto records = decode("a,b,c\nok,1,2\n\"x\ny\n\",2.5,\"{\"\nabcde,\"12,5\",x\n", wanted);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_TRUE(records[0].faults.empty());
  ASSERT_EQ(records[1].faults.size(), 2u);
  const RecordFault& number = records[1].faults[0];
  EXPECT_EQ(number.slot, 1);
  EXPECT_EQ(number.fault, Fault::not_an_integer);
  EXPECT_EQ(number.line_delta, 2u);
  EXPECT_EQ(number.column, 3u);
  EXPECT_EQ(number.snippet, "2.5");
  EXPECT_EQ(records[1].faults[1].fault, Fault::not_json);
  EXPECT_EQ(records[1].faults[1].column, 7u);
  EXPECT_EQ(records[1].values[1], std::nullopt);
  ASSERT_EQ(records[2].faults.size(), 3u);
  EXPECT_EQ(records[2].line, 6u);
  EXPECT_EQ(records[2].faults[0].fault, Fault::too_long);
  EXPECT_EQ(records[2].faults[0].column, 1u);
  EXPECT_EQ(records[2].faults[1].fault, Fault::not_a_number);
  EXPECT_EQ(records[2].faults[1].snippet, "12,5");
  EXPECT_EQ(records[2].faults[2].slot, 2);
}

TEST(CsvDecoder, RejectsRecordsThatCannotBeRead) {
  const auto wanted = columns({kText, kText});
  using namespace std::string_literals;
  const auto records = decode("a,b,unused\n1,2\n1,2,3,4\n\"x\"y,2,3\n1,2,\xff\xfe\n1,2,a\0b\nfine,2,3\n"s, wanted);
  ASSERT_EQ(records.size(), 6u);
  struct Expected {
    Fault fault;
    uint32_t column;
    std::string snippet;
  };
  const Expected expected[] = {{Fault::ragged, 4, "1,2"},
                               {Fault::ragged, 7, "4"},
                               {Fault::bad_quoting, 4, "y,2,3"},
                               {Fault::bad_utf8, 5, "\xEF\xBF\xBD\xEF\xBF\xBD"},
                               {Fault::nul_byte, 6,
                                "\xEF\xBF\xBD"
                                "b"}};
  for (size_t i = 0; i < std::size(expected); ++i) {
    ASSERT_EQ(records[i].faults.size(), 1u) << i;
    EXPECT_EQ(records[i].faults[0].slot, RecordFault::kWholeRecord);
    EXPECT_EQ(records[i].faults[0].fault, expected[i].fault) << i;
    EXPECT_EQ(records[i].faults[0].column, expected[i].column) << i;
    EXPECT_EQ(records[i].faults[0].snippet, expected[i].snippet) << i;
    EXPECT_EQ(records[i].values, (Values{std::nullopt, std::nullopt}));
    EXPECT_EQ(records[i].line, i + 2);
  }
  EXPECT_EQ(records[5].values, (Values{"fine", "2"}));
  EXPECT_TRUE(records[5].faults.empty());
}

TEST(CsvDecoder, RejectsExactlyTheThreeBadOfTenThousand) {
  std::string text = "a,b\n";
  for (int i = 1; i <= 10000; ++i) {
    const std::string id = std::to_string(i);
    if (i == 2500)
      text += id + ",x,y\n";
    else if (i == 5000)
      text += id + ",\"bad \xff\xfe text\"\n";
    else if (i == 7500)
      text += id + ",nul " + std::string(1, '\0') + "\n";
    else
      text += id + ",\"some \"\"text\"\" é\"\n";
  }
  const auto wanted = columns({kInt, kText});
  for (const size_t piece : {size_t{1000}, size_t{1} << 20}) {
    const auto records = decode(text, wanted, piece);
    ASSERT_EQ(records.size(), 10000u);
    for (size_t i = 0; i < records.size(); ++i) {
      const Fault expected = i == 2499   ? Fault::ragged
                             : i == 4999 ? Fault::bad_utf8
                             : i == 7499 ? Fault::nul_byte
                                         : Fault::none;
      ASSERT_EQ(records[i].line, i + 2);
      ASSERT_EQ(records[i].faults.size(), expected != Fault::none) << i;
      if (expected != Fault::none) {
        EXPECT_EQ(records[i].faults[0].fault, expected);
      } else {
        ASSERT_EQ(records[i].values, (Values{std::to_string(i + 1), "some \"text\" é"}));
      }
    }
  }
}

TEST(CsvDecoder, SkipsEmptyLinesExceptInOneColumn) {
  const auto two = decode("a,b\n\n1,2\n\r\n\n3,4\n\n", columns({kText, kText}));
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].line, 3u);
  EXPECT_EQ(two[1].line, 6u);
  const auto one = decode("a\n\n1\n\r\n\"\"\n", columns({kText}));
  ASSERT_EQ(one.size(), 4u);
  EXPECT_EQ(one[0].values, (Values{""}));
  EXPECT_EQ(one[2].values, (Values{""}));
  EXPECT_EQ(one[2].length, 0u);
}

TEST(CsvDecoder, TakesFieldsByNameInAnyOrder) {
  const auto wanted = text_columns({"c", "a"});
  const auto records = decode("a,b,c\r\n1,2,3\r\n4,5,6", wanted);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].values, (Values{"3", "1"}));
  EXPECT_EQ(records[1].values, (Values{"6", "4"}));
}

// What an address says must be enough to read the record again: rejects are stored by it. (Without a line end: behind
// a CR that is text, an LF would make another record of it.)
TEST(CsvDecoder, GivesAddressesThatReadBack) {
  std::mt19937 random(11);
  const std::string alphabet = ",,\"\n\n\rab\x80";
  auto wanted = columns({kText, kText});
  wanted->options.header = CsvOptions::Header::absent;
  for (int i = 0; i < 1000; ++i) {
    std::string text = "x,y\n";
    const size_t size = random() % 200;
    for (size_t j = 0; j < size; ++j) text += alphabet[random() % alphabet.size()];
    const auto blocks = cut_unit(text, 1 + random() % 100, wanted);
    if (!blocks) continue;  // an unclosed quote
    const auto whole = decode(*blocks, wanted, 1 + random() % 7);
    uint64_t after = 0;
    for (const Decoded& record : whole) {
      ASSERT_GE(record.offset, after);
      after = record.offset + record.length;
      ASSERT_LE(after, text.size());
      const std::string_view before = std::string_view(text).substr(0, record.offset);
      ASSERT_EQ(record.line, 1u + static_cast<size_t>(std::count(before.begin(), before.end(), '\n')));
      const auto again = decode("x,y\n" + text.substr(record.offset, record.length), wanted);
      ASSERT_EQ(again.size(), 2u) << text;
      EXPECT_EQ(again[1].values, record.values);
      EXPECT_EQ(again[1].faults.size(), record.faults.size());
      for (size_t f = 0; f < std::min(record.faults.size(), again[1].faults.size()); ++f) {
        EXPECT_EQ(again[1].faults[f].fault, record.faults[f].fault);
        EXPECT_EQ(again[1].faults[f].column, record.faults[f].column);
      }
    }
  }
}

}  // namespace
}  // namespace ingot::csv
