#include "types/type.h"

#include <gtest/gtest.h>

#include <vector>

namespace ingot {
namespace {

Type parsed(std::string_view text) {
  const Result<Type> type = parse_type(text);
  EXPECT_TRUE(type) << text;
  return type ? *type : Type{};
}

TEST(ParseType, KnowsEveryName) {
  const std::vector<std::pair<Kind, std::vector<std::string>>> names{
      {Kind::int16, {"smallint", "int2"}},
      {Kind::int32, {"integer", "int", "int4"}},
      {Kind::int64, {"bigint", "int8", "long"}},
      {Kind::float32, {"real", "float4"}},
      {Kind::float64, {"double precision", "double", "float8", "float"}},
      {Kind::text, {"text", "string", "varchar", "character varying"}},
      {Kind::date, {"date"}},
      {Kind::timestamp, {"timestamp", "timestamp without time zone", "datetime", "timestamp(6)"}},
      {Kind::timestamptz, {"timestamptz", "timestamp with time zone", "timestamp (6) with time zone"}},
      {Kind::uuid, {"uuid"}},
      {Kind::json, {"json", "jsonb"}},
      {Kind::boolean, {"boolean", "bool"}},
  };
  for (const auto& [kind, spellings] : names) {
    for (const std::string& name : spellings) EXPECT_EQ(parsed(name), (Type{kind, 0, 0, 0})) << name;
  }
}

TEST(ParseType, TakesAnyCaseAndSpacing) {
  EXPECT_EQ(parsed("  Double\t PRECISION "), (Type{Kind::float64, 0, 0, 0}));
  EXPECT_EQ(parsed("NUMERIC ( 10 , 2 )"), (Type{Kind::decimal, 10, 2, 0}));
  EXPECT_EQ(parsed("Character  Varying(40)"), (Type{Kind::text, 0, 0, 40}));
}

TEST(ParseType, TakesDigitsAndLengths) {
  EXPECT_EQ(parsed("numeric(10,2)"), (Type{Kind::decimal, 10, 2, 0}));
  EXPECT_EQ(parsed("decimal(38,38)"), (Type{Kind::decimal, 38, 38, 0}));
  EXPECT_EQ(parsed("dec(1,0)"), (Type{Kind::decimal, 1, 0, 0}));
  EXPECT_EQ(parsed("numeric(5)"), (Type{Kind::decimal, 5, 0, 0}));
  EXPECT_EQ(parsed("varchar(420)"), (Type{Kind::text, 0, 0, 420}));
  EXPECT_EQ(parsed("varchar(1)"), (Type{Kind::text, 0, 0, 1}));
}

Error refused(std::string_view text) {
  const Result<Type> type = parse_type(text);
  EXPECT_FALSE(type) << text;
  if (type) return {};
  EXPECT_EQ(type.error().code, Code::invalid_pipeline) << text;
  return type.error();
}

struct Refusal {
  std::string text;
  std::string message;
  std::string hint;
};

constexpr const char* kSupported =
    "supported are smallint, integer, bigint, real, double precision, numeric(p,s), varchar(n), text, boolean, date, "
    "timestamp, timestamptz, time, interval, uuid, json, bytea, and arrays such as integer[]";

TEST(ParseType, SaysWhatToWriteInstead) {
  const std::string digits = "write numeric(p,s): p digits in all, 1 to 38, of which s, 0 to p, after the point";
  const std::string length = "write varchar(n), n being 1 to 10485760, or text for any length";
  const std::string no_digits =
      "give digits in all and after the point, e.g. numeric(18,4); without them no value could be checked";
  const std::string padding = "write varchar(n), because blank padding would change the values";
  const std::string as_text = "write text; into a column that has this type in PostgreSQL the server converts it";
  const std::vector<Refusal> refusals{
      {"intger", "unknown type: \"intger\"", "did you mean integer?"},
      {"Varchr(20)", "unknown type: \"Varchr(20)\"", "did you mean varchar?"},
      {"timestamp with timezone", "unknown type: \"timestamp with timezone\"",
       "did you mean timestamp with time zone?"},
      {"polygon", "unknown type: \"polygon\"", kSupported},
      {"", "unknown type: \"\"", kSupported},
      {"intger[]", "unknown type: \"intger\"", "did you mean integer?"},
      {"integer[3]", "invalid brackets in type: \"integer[3]\"",
       "write e.g. integer[]; no database checks a number of elements"},
      {"integer[]x", "invalid brackets in type: \"integer[]x\"",
       "write e.g. integer[]; no database checks a number of elements"},
      {"[]", "invalid brackets in type: \"[]\"", "write e.g. integer[]; no database checks a number of elements"},
      {"integer[][]", "array of more than one dimension: \"integer[][]\"", "write json, which holds any"},
      {"json[]", "unsupported array: \"json[]\"", "write json, which holds arrays too"},
      {"bytea[]", "unsupported array: \"bytea[]\"", "write text[], or json"},
      {"numeric[]", "type without a number of digits: \"numeric\"", no_digits},
      {"numeric", "type without a number of digits: \"numeric\"", no_digits},
      {"decimal", "type without a number of digits: \"decimal\"", no_digits},
      {"numeric()", "invalid number of digits: \"numeric()\"", digits},
      {"numeric(0)", "invalid number of digits: \"numeric(0)\"", digits},
      {"numeric(39,2)", "invalid number of digits: \"numeric(39,2)\"", digits},
      {"numeric(4,5)", "invalid number of digits: \"numeric(4,5)\"", digits},
      {"numeric(4,-1)", "invalid number of digits: \"numeric(4,-1)\"", digits},
      {"numeric(4,2,1)", "invalid number of digits: \"numeric(4,2,1)\"", digits},
      {"numeric(4,)", "invalid number of digits: \"numeric(4,)\"", digits},
      {"numeric(4.0)", "invalid number of digits: \"numeric(4.0)\"", digits},
      {"numeric(4294967300)", "invalid number of digits: \"numeric(4294967300)\"", digits},
      {"varchar(0)", "invalid number of characters: \"varchar(0)\"", length},
      {"varchar(max)", "invalid number of characters: \"varchar(max)\"", length},
      {"varchar(1,2)", "invalid number of characters: \"varchar(1,2)\"", length},
      {"varchar(10485761)", "invalid number of characters: \"varchar(10485761)\"", length},
      {"char(10)", "unsupported type: \"char(10)\"", padding},
      {"character", "unsupported type: \"character\"", padding},
      {"tinyint", "unsupported type: \"tinyint\"", "write smallint"},
      {"float(24)", "type takes no such argument: \"float(24)\"",
       "write real (24 binary digits) or double precision (53)"},
      {"text(10)", "type takes no such argument: \"text(10)\"", "write varchar(n) for a greatest length"},
      {"integer(4)", "type takes no such argument: \"integer(4)\"", "write integer"},
      {"timestamp(3)", "type takes no such argument: \"timestamp(3)\"",
       "write timestamp; microseconds are kept, so that nothing is rounded"},
      {"time(3)", "type takes no such argument: \"time(3)\"",
       "write time; microseconds are kept, so that nothing is rounded"},
      {"timetz", "unsupported type: \"timetz\"", "write time, with the offset in a column of its own, or timestamptz"},
      {"inet", "unsupported type: \"inet\"", as_text},
      {"enum('a', 'b')", "unsupported type: \"enum('a', 'b')\"", as_text},
      {"point", "type not supported yet: \"point\"", kSupported},
      {"vector", "unsupported type: \"vector\"", "write real[]"},
      {"bytea(utf8)", "unknown spelling of bytes: \"bytea(utf8)\"",
       R"(write bytea (\x and hexadecimal digits), bytea(hex), bytea(base64) or bytea(base64url))"},
      {"numeric(10,2", "invalid parentheses in type: \"numeric(10,2\"", "write e.g. numeric(10,2) or varchar(40)"},
      {"numeric)2(", "invalid parentheses in type: \"numeric)2(\"", "write e.g. numeric(10,2) or varchar(40)"},
      {"numeric((2))", "invalid parentheses in type: \"numeric((2))\"", "write e.g. numeric(10,2) or varchar(40)"},
      {"varchar(2)(3)", "invalid parentheses in type: \"varchar(2)(3)\"", "write e.g. numeric(10,2) or varchar(40)"},
  };
  for (const Refusal& refusal : refusals) {
    const Error error = refused(refusal.text);
    EXPECT_EQ(error.message, refusal.message);
    EXPECT_EQ(error.hint, refusal.hint) << refusal.text;
  }
}

TEST(SqlName, IsReadBack) {
  for (const char* text : {"boolean",       "smallint",
                           "integer",       "bigint",
                           "real",          "double precision",
                           "numeric(10,2)", "text",
                           "varchar(420)",  "date",
                           "timestamp",     "timestamptz",
                           "uuid",          "json",
                           "time",          "interval",
                           "bytea",         "numeric(10,2)[]",
                           "varchar(3)[]",  "double precision[]"}) {
    EXPECT_EQ(sql_name(parsed(text)), text);
  }
  EXPECT_EQ(sql_name(parsed("dec(5)")), "numeric(5,0)");
  EXPECT_EQ(sql_name(parsed("jsonb")), "json");
  EXPECT_EQ(sql_name(parsed(" Int4 [ ] ")), "integer[]");
  EXPECT_EQ(sql_name(parsed("blob(base64)")), "bytea");
  EXPECT_EQ(declared_name(parsed("blob( base64 )")), "bytea(base64)");
  EXPECT_EQ(declared_name(parsed("bytea")), "bytea");
}

}  // namespace
}  // namespace ingot
