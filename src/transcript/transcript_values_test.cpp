// How values are told. Whole files, by other makers: tests/e2e/test_parquet.py, test_xlsx.py, test_avro.py.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>

#include "format/transcript/known_fields.h"
#include "transcript/avro_codec.h"
#include "transcript/avro_values.h"
#include "transcript/civil_time.h"
#include "transcript/json_text.h"
#include "transcript/parquet_types.h"
#include "transcript/xlsx_values.h"

namespace ingot {

namespace {

TEST(CivilTime, CountsFromTheEpochBothWays) {
  EXPECT_EQ(day_text(0), "1970-01-01");
  EXPECT_EQ(day_text(-1), "1969-12-31");
  EXPECT_EQ(day_text(19'782), "2024-02-29");
  EXPECT_EQ(day_text(-719'162), "0001-01-01");
  EXPECT_EQ(day_text(2'932'896), "9999-12-31");
  EXPECT_EQ(moment_text(-1, 9), "1969-12-31 23:59:59.999999999");
  EXPECT_EQ(moment_text(86'400'500, 3), "1970-01-02 00:00:00.500");
  EXPECT_EQ(clock_text(129'600'000, 3), "36:00:00");
}

TEST(JsonText, IsJson) {
  std::string out;
  append_json_string(out, std::string_view("a\"\\\n\x01\0é", 8));
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\u0001\\u0000\xc3\xa9\"");
  out.clear();
  append_json_bytes(out, std::string_view("\0\xff", 2));
  EXPECT_EQ(out, "\"\\\\x00ff\"");
  for (const auto& [value, text] :
       {std::pair{0.1, "0.1"}, {1e300, "1e+300"}, {-0.0, "-0"}, {0.30000000000000004, "0.30000000000000004"}}) {
    out.clear();
    append_json_number(out, value);
    EXPECT_EQ(out, text);
  }
  out.clear();
  append_json_number(out, -std::numeric_limits<float>::infinity());
  append_json_number(out, 0.1F);
  EXPECT_EQ(out, "\"-Infinity\"0.1");
}

TEST(XlsxValues, FormatsTellDates) {
  for (const char* code : {"yyyy-mm-dd", "d/m", "mmm", "[$-409]d h:mm AM/PM", "[Red]dd"})
    EXPECT_EQ(form_of_code(code), CellForm::date) << code;
  for (const char* code :
       {"General", "0.00E+00", "\"day\" 0", "0\\d", "#,##0;[Red]-#,##0 \"d\"", "0_d", "@", "[Magenta]0"})
    EXPECT_EQ(form_of_code(code), CellForm::number) << code;
  EXPECT_EQ(form_of_code("\"d\" h:mm AM/PM"), CellForm::time);
  EXPECT_EQ(cell_json("0.5", CellForm::time, true), "\"12:00:00\"");
  EXPECT_EQ(form_of_code("[h]:mm:ss"), CellForm::duration);
  EXPECT_EQ(form_of_builtin(14), CellForm::date);
  EXPECT_EQ(form_of_builtin(2), CellForm::number);
}

TEST(XlsxValues, DaysOfBothSystems) {
  const auto date = [](const char* text, bool since_1904) {
    return cell_json(text, CellForm::date, since_1904).value_or("none");
  };
  EXPECT_EQ(date("1", false), "\"1900-01-01\"");
  EXPECT_EQ(date("59", false), "\"1900-02-28\"");
  EXPECT_EQ(date("60", false), "none");
  EXPECT_EQ(date("61", false), "\"1900-03-01\"");
  EXPECT_EQ(date("0", true), "\"1904-01-01\"");
  EXPECT_EQ(date("2958465", false), "\"9999-12-31\"");
  EXPECT_EQ(date("2958466", false), "none");
  EXPECT_EQ(date("-1", false), "none");
  EXPECT_EQ(date("45000.999999999999", false), "\"2023-03-16\"");
  EXPECT_EQ(date("0.5", false), "\"12:00:00\"");
  EXPECT_EQ(date("x", false), "none");
}

TEST(XlsxValues, NumbersKeepTheirDigits) {
  const auto number = [](const char* text) { return cell_json(text, CellForm::number, false).value_or("none"); };
  EXPECT_EQ(number("0.10000000000000001"), "0.1");
  EXPECT_EQ(number("0.33333333333333331"), "0.3333333333333333");
  EXPECT_EQ(number("4.3499999999999996"), "4.35");
  EXPECT_EQ(number("19.990000000000002"), "19.990000000000002");
  EXPECT_EQ(number("1.50"), "1.5");
  EXPECT_EQ(number("1E3"), "1000");
  EXPECT_EQ(number("-0.0"), "-0");
  for (const char* text :
       {"1234567890123456789", "9007199254740993", "-12345678901234567", "36028797018963968", "1152921504606846976",
        "0.1234567890123456789", "1234567.8901234567891", "1234567890123456.7"})
    EXPECT_EQ(number(text), text);
  for (const char* text : {"001234567890123456789", "1e400", "nan", "0x10", ""}) EXPECT_EQ(number(text), "none");
}

TEST(XlsxValues, EscapesAreDecoded) {
  EXPECT_EQ(decode_escapes("a_x000D_\n_x00e9__x20AC_"), "a\r\n\xc3\xa9\xe2\x82\xac");
  EXPECT_EQ(decode_escapes("_x005F_x000D_"), "_x000D_");
  EXPECT_EQ(decode_escapes("_xD83D__xDE00_"), "\xf0\x9f\x98\x80");
  for (const char* text :
       {"_xD83D_", "_xDE00__xD83D_", "_x0000_", "_x00D_", "_x000G_", "_X000D_", "_x", "_", "a_xb_", ""})
    EXPECT_EQ(decode_escapes(text), text);
}

TEST(XlsxValues, CellsHaveNames) {
  EXPECT_EQ(column_of_cell("A1"), 0U);
  EXPECT_EQ(column_of_cell("XFD1048576"), 16'383U);
  EXPECT_FALSE(column_of_cell("XFE1"));
  EXPECT_FALSE(column_of_cell("1"));
  for (const uint32_t column : {0U, 25U, 26U, 701U, 702U, 16'383U})
    EXPECT_EQ(column_of_cell(column_letters(column) + "1"), column);
}

TEST(AvroValues, NumbersAreBounded) {
  const auto number = [](std::string_view bytes) { return AvroValues(bytes).take_long(); };
  EXPECT_EQ(*number(std::string_view("\0", 1)), 0);
  EXPECT_EQ(*number("\x01"), -1);
  EXPECT_EQ(*number("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), INT64_MAX);
  EXPECT_EQ(*number("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), INT64_MIN);
  EXPECT_FALSE(number("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"));
  EXPECT_FALSE(number("\xff"));
}

std::string record_of(const std::string& fields) { return R"({"type":"record","name":"r","fields":[)" + fields + "]}"; }

TEST(AvroSchema, ReferencesChangeNothing) {
  const auto schema = AvroSchema::parse(record_of(
      R"({"name":"a","type":{"type":"fixed","name":"D","size":2,"logicalType":"decimal","precision":4,"scale":2}},)"
      R"({"name":"b","type":{"type":"D"}},{"name":"c","type":{"type":"fixed","name":"P","size":2}},)"
      R"({"name":"d","type":{"type":"P","logicalType":"decimal","precision":4}})"));
  ASSERT_TRUE(schema);
  std::string out;
  EXPECT_TRUE(AvroValues(std::string_view("\x04\xd2\x04\xd2\x04\xd2\x04\xd2")).append(out, schema->record()));
  EXPECT_EQ(out, R"({"a":12.34,"b":12.34,"c":"\\x04d2","d":"\\x04d2"})");
}

TEST(AvroSchema, DecimalsHaveScales) {
  const auto parse = [](const std::string& more) {
    return AvroSchema::parse(record_of(R"({"name":"a","type":{"type":"bytes","logicalType":"decimal")" + more + "}}"));
  };
  for (const char* good : {R"(,"precision":4)", R"(,"precision":4,"scale":4)"}) EXPECT_TRUE(parse(good)) << good;
  for (const char* bad : {"", R"(,"precision":0)", R"(,"precision":4,"scale":-2)", R"(,"precision":4,"scale":2.0)",
                          R"(,"precision":4,"scale":"2")", R"(,"precision":4,"scale":5)"})
    EXPECT_FALSE(parse(bad)) << bad;
}

TEST(AvroSchema, FieldsAreBounded) {
  std::string fields;
  for (int i = 0; i < 10; ++i)
    fields += (i == 0 ? "" : ",") + fmt::format(R"({{"name":"f{}","type":["null","r"]}})", i);
  const auto circle = AvroSchema::parse(record_of(fields));
  ASSERT_TRUE(circle);
  EXPECT_LT(circle->fields().size(), 200U);
  fields = R"({"name":"x","type":{"type":"record","name":"n0","fields":[{"name":"a","type":"int"}]}})";
  for (int i = 1; i < 40; ++i)
    fields += fmt::format(
        R"(,{{"name":"x{0}","type":{{"type":"record","name":"n{0}","fields":[{{"name":"a","type":"n{1}"}},{{"name":"b","type":"n{1}"}}]}}}})",
        i, i - 1);
  const auto wide = AvroSchema::parse(record_of(fields));
  ASSERT_FALSE(wide);
  EXPECT_NE(wide.error().message.find("more than 100000 fields"), std::string::npos) << wide.error().message;
}

TEST(ParquetTypes, WhatIsCutIsNotRead) {
  const auto name = [](const char* physical, const char* logical, int64_t precision = 0) {
    return inexact_type({physical, logical, precision}).name;
  };
  const char* const moment = "TimestampType(isAdjustedToUTC={}, unit=TimeUnit(MILLIS=<null>, MICROS={}, NANOS={}))";
  const auto stamp = [&](int utc, bool nanos) {
    return fmt::format(fmt::runtime(moment), utc, nanos ? "<null>" : "MicroSeconds()",
                       nanos ? "NanoSeconds()" : "<null>");
  };
  EXPECT_EQ(name("INT64", stamp(1, true).c_str()), "TIMESTAMP(NANOS, UTC)");
  EXPECT_EQ(name("INT64", stamp(0, true).c_str()), "");
  EXPECT_EQ(name("INT64", stamp(1, false).c_str()), "");
  EXPECT_EQ(name("INT64", "TimeType(isAdjustedToUTC=0, unit=TimeUnit(NANOS=NanoSeconds()))"), "TIME(NANOS)");
  EXPECT_EQ(name("INT96", ""), "");
  EXPECT_EQ(name("FIXED_LEN_BYTE_ARRAY", "DecimalType(scale=2, precision=38)", 38), "");
  EXPECT_EQ(name("FIXED_LEN_BYTE_ARRAY", "DecimalType(scale=2, precision=40)", 40), "DECIMAL of more than 38 digits");
}

TEST(AvroCodec, BombsAreRefused) {
  // Snappy's first number is the length.
  EXPECT_FALSE(decompress_avro(AvroCodec::snappy, "\xff\xff\xff\xff\x0f....", 1000));
  EXPECT_FALSE(avro_codec("lz77"));
}

TEST(KnownFields, AreLookedForByPath) {
  const auto check = [](const char* path) {
    Slot slot;
    slot.sources = {*parse_path(path)};
    return transcript::check_fields(R"({"name":null,"a":{"b":null}})", {slot});
  };
  EXPECT_TRUE(check("name"));
  EXPECT_TRUE(check("a"));
  EXPECT_TRUE(check("a.b"));
  EXPECT_TRUE(check("a.b.c"));  // within a list, say
  EXPECT_FALSE(check("a.c"));
  const auto missing = check("nam");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "the file lacks a column: nam");
  EXPECT_EQ(missing.error().hint, "did you mean name for nam? it has: name, a");
}

TEST(KnownFields, WhatCannotBeToldIsRefusedWhereItIsTaken) {
  const auto check = [](const char* path, bool rest = false, bool optional = false) {
    Slot slot;
    slot.sources = {path[0] == '\0' ? Path{} : *parse_path(path)};
    slot.rest = rest;
    slot.optional = optional;
    return transcript::check_fields(R"({"name":null,"t":["is of a bad type","cure"]})", {slot});
  };
  EXPECT_TRUE(check("name"));
  EXPECT_TRUE(check("new", false, true));
  EXPECT_FALSE(check("new"));
  EXPECT_FALSE(check(""));  // the record as a whole
  EXPECT_FALSE(check("name", true));
  EXPECT_FALSE(check("t", false, true));
  const auto refused = check("t.a");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "column t is of a bad type");
  EXPECT_EQ(refused.error().hint, "cure");
}

}  // namespace

}  // namespace ingot
