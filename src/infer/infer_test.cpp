#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "infer/choose_type.h"
#include "infer/column_names.h"
#include "infer/contract.h"
#include "infer/header_choice.h"
#include "infer/json_fields.h"

namespace ingot::infer {

namespace {

SurveyedField field_of(const std::vector<std::string>& values) {
  SurveyedField field;
  field.name = "f";
  uint64_t record = 0;
  for (const std::string& value : values) {
    ++record;
    field.profile.add(Shape::text, value, {record, 0, record + 1});
  }
  return field;
}

Survey csv() {
  Survey survey;
  survey.units = {"a.csv"};
  return survey;
}

Choice choice_of(const std::vector<std::string>& values) { return choose_type(field_of(values), csv()); }

std::string type_of(const std::vector<std::string>& values) { return sql_name(choice_of(values).type); }

std::string notes_of(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& note : choice_of(values).notes) text += note + "|";
  return text;
}

struct JsonRecords {
  explicit JsonRecords(const std::vector<std::string>& records, int depth = 0) : fields(depth, numbers, unique) {
    unique.extend(100);
    uint64_t number = 0;
    for (const std::string& record : records) {
      ++number;
      fields.add(record, {number, 0, number});
    }
    fields.finish();
  }

  // `NAME TYPE, …`
  std::string types() {
    Survey survey;
    survey.format = FormatKind::json;
    std::string text;
    for (const JsonField* found : fields.columns()) {
      SurveyedField field;
      field.profile = found->column.profile;
      field.holds_nul = found->holds_nul;
      std::string name;
      for (const std::string& key : found->path) name += (name.empty() ? "" : ".") + key;
      text += (text.empty() ? "" : ", ") + name + " " + sql_name(choose_type(field, survey).type);
    }
    return text;
  }

  FieldNumbers numbers{100};
  UniqueValues unique{1 << 20};
  JsonFields fields;
};

}  // namespace

TEST(Infer, NumbersThatWouldBeAlteredAreText) {
  EXPECT_EQ(type_of({"1", "-20", "9223372036854775807"}), "bigint");
  EXPECT_EQ(type_of({"1", "9223372036854775808"}), "numeric(38,0)");
  for (const char* odd : {"007", "+1", "1e5", "-0", "1_000", " 1", "1.", ".5", "0x1A", "1,567", "-0.0", "NaN1",
                          "Infinity", "123456789012345678901234567890123456789"})
    EXPECT_EQ(type_of({"1", odd}), "text") << odd;
  EXPECT_EQ(type_of({"12.50", "3.10", "7"}), "numeric(18,2)");
  EXPECT_EQ(type_of({"1.5", "2.25", "3"}), "numeric(18,2)");
  EXPECT_EQ(type_of({"2.1", "2.10"}), "text");  // a version, perhaps
  EXPECT_EQ(type_of({"1234567890123456.75"}), "numeric(38,2)");
}

TEST(Infer, OtherTypes) {
  EXPECT_EQ(type_of({"true", "FALSE"}), "boolean");
  EXPECT_EQ(type_of({"t", "f"}), "text");
  EXPECT_EQ(type_of({"yes", "no"}), "text");
  EXPECT_EQ(type_of({"1", "0"}), "bigint");
  EXPECT_EQ(type_of({"2024-02-29"}), "date");
  EXPECT_EQ(type_of({"2023-02-29"}), "text");
  EXPECT_EQ(type_of({"2024-02-29 10:00", "2024-02-29T10:00:01.5"}), "timestamp");
  EXPECT_EQ(type_of({"2024-02-29 10:00", "2024-02-29"}), "text");
  EXPECT_EQ(type_of({"2024-02-29 10:00Z", "2024-02-29 10:00+02"}), "timestamptz");
  EXPECT_EQ(type_of({"2024-02-29 10:00Z", "2024-02-29 10:00"}), "text");
  EXPECT_EQ(type_of({"a3bb189e-8bf9-3888-9912-ace4e6543002"}), "uuid");
  EXPECT_EQ(type_of({"A3BB189E-8BF9-3888-9912-ACE4E6543002"}), "text");
  EXPECT_EQ(type_of({"", ""}), "text");
  EXPECT_EQ(type_of({"", "5"}), "bigint");
}

TEST(Infer, DatesOfOneFormAreDates) {
  const auto chosen = [](const std::vector<std::string>& values) {
    const Choice choice = choice_of(values);
    return sql_name(choice.type) + " " + choice.parse;
  };
  EXPECT_EQ(chosen({"31.12.2024", "1.2.2024"}), "date \"%d.%m.%Y\"");
  EXPECT_EQ(chosen({"13/02/2024", "01/02/2024"}), "date \"%d/%m/%Y\"");
  EXPECT_EQ(chosen({"03/02/2024", "01/02/2024"}), "text ");  // day or month?
  EXPECT_EQ(chosen({"31.12.2024", "2024-12-31"}), "text ");
  EXPECT_EQ(chosen({"31.12.2024", "NA"}), "text ");
  EXPECT_EQ(chosen({"07 5, 2014 10:00"}), "timestamp [\"%m %d, %Y %H:%M:%S\", \"%m %d, %Y %H:%M\"]");
}

TEST(Infer, NumbersWithSeparators) {
  const auto chosen = [](const std::vector<std::string>& values) {
    const Choice choice = choice_of(values);
    return sql_name(choice.type) + " " + choice.parse;
  };
  EXPECT_EQ(chosen({"1,5", "12", "-0,25"}), "numeric(18,2) { decimal: \",\" }");
  EXPECT_EQ(chosen({"1.234,56", "1.234"}), "numeric(18,2) { decimal: \",\", thousands: \".\" }");
  EXPECT_EQ(chosen({"1,234.5", "12"}), "numeric(18,1) { thousands: \",\" }");
  EXPECT_EQ(chosen({"1,234,567", "12"}), "bigint { thousands: \",\" }");
  EXPECT_EQ(chosen({"1,234"}), "text ");  // either
  EXPECT_EQ(chosen({"1,234", "1.234"}), "text ");
  EXPECT_EQ(chosen({"1,5", "1.5"}), "text ");
  EXPECT_EQ(chosen({"007,5", "1,5"}), "text ");
  EXPECT_EQ(chosen({"-0,0", "1,5"}), "text ");
  EXPECT_EQ(chosen({"1,5", "x"}), "text ");
  EXPECT_EQ(chosen({"1.200.300", "1.300.000"}), "text ");  // versions?
  EXPECT_EQ(chosen({"2.1", "2.10"}), "text ");
  EXPECT_EQ(chosen({"1,23,456", "1,5"}), "text ");
}

TEST(Infer, SaysWhyNot) {
  EXPECT_EQ(notes_of({"1", "007"}), "zeros in front, which a number would lose, first a.csv:3 \"007\"|");
  EXPECT_EQ(notes_of({"1.5", "1,5"}), "numbers with commas, first a.csv:3 \"1,5\"|");
  EXPECT_EQ(notes_of({"1", "2", "x"}), "bigint but for 1 of 3, first a.csv:4 \"x\"|");
  EXPECT_EQ(notes_of({"1", "NA", "-"}), "bigint with null: [\"NA\", \"-\"]|");
  EXPECT_EQ(notes_of({"03/02/2024", "01/02/2024"}), "dates as %d/%m/%Y or %m/%d/%Y: no value tells day from month|");
  EXPECT_EQ(notes_of({"31/02/2024"}), "");
  EXPECT_TRUE(choice_of({"1", "NA"}).guess);
}

TEST(Infer, Personal) {
  const auto is = [](const char* text, Personal what) {
    return (personal_in(text) >> static_cast<unsigned>(what) & 1) != 0;
  };
  EXPECT_TRUE(is("anna@example.org", Personal::email));
  EXPECT_FALSE(is("anna@example", Personal::email));
  EXPECT_TRUE(is("+49 30 1234567", Personal::phone));
  EXPECT_TRUE(is("030-1234567", Personal::phone));
  EXPECT_FALSE(is("1234567", Personal::phone));
  EXPECT_FALSE(is("2024-01-01 10:00", Personal::phone));
  EXPECT_TRUE(is("192.168.0.1", Personal::ip));
  EXPECT_TRUE(is("2001:db8::1", Personal::ip));
  EXPECT_TRUE(is("4111 1111 1111 1111", Personal::card));
  EXPECT_FALSE(is("4111 1111 1111 1112", Personal::card));
  EXPECT_TRUE(is("DE89 3704 0044 0532 0130 00", Personal::iban));
  EXPECT_FALSE(is("DE88 3704 0044 0532 0130 00", Personal::iban));
}

TEST(Infer, MergedIsTheSameAsWhole) {
  const std::vector<std::string> values = {"1", "2.50", "x", "", "NA", "31/12/2024", "01/02/2024", "2", "anna@b.de"};
  const SurveyedField whole = field_of(values);
  SurveyedField parts;
  for (size_t i = values.size(); i-- > 0;) {
    ColumnProfile one;
    one.add(Shape::text, values[i], {i + 1, 0, i + 2});
    parts.profile.merge(one);
  }
  const auto text = [](const ColumnProfile& p) {
    std::string out = p.first().text + "|" + p.least(false) + "|" + p.greatest(false) + "|" + p.least(true) + "|" +
                      p.greatest(true) + "|" + std::to_string(p.distinct()) + "|" + std::to_string(p.empties());
    for (size_t i = 0; i < kForms; ++i)
      out += "|" + p.misfit(static_cast<Form>(i)).text + std::to_string(p.fits(static_cast<Form>(i)));
    return out;
  };
  EXPECT_EQ(text(parts.profile), text(whole.profile));
}

TEST(Infer, UniqueValuesGiveUpTheLastColumns) {
  UniqueValues unique(20'000);
  unique.extend(2);
  std::vector<uint64_t> hashes;
  for (uint64_t i = 1; i <= 900; ++i) hashes.push_back(i);
  unique.add(0, hashes);
  unique.add(1, hashes);
  EXPECT_EQ(unique.verdict(0), UniqueValues::Verdict::unique);
  EXPECT_EQ(unique.verdict(1), UniqueValues::Verdict::given_up);
  unique.add(0, {7});
  EXPECT_EQ(unique.verdict(0), UniqueValues::Verdict::repeated);
}

TEST(Infer, ColumnNames) {
  EXPECT_THAT(
      column_names({"ID", "id", "Unit Price", "", "größe (cm)", "2019", "_id", "a__b", "???"}),
      testing::ElementsAre("id", "id_2", "unit_price", "column_4", "größe_cm", "_2019", "_id", "a__b", "column_9"));
  const std::string longest(100, 'x');
  const auto names = column_names({longest, longest});
  EXPECT_EQ(names[0], std::string(63, 'x'));
  EXPECT_EQ(names[1], std::string(61, 'x') + "_2");
  std::string umlauts;
  for (int i = 0; i < 40; ++i) umlauts += "ü";
  EXPECT_EQ(column_name(umlauts).size(), 62U);
}

TEST(Infer, Headers) {
  const auto header = [](const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& columns,
                         bool again = false) {
    std::vector<SurveyedField> fields;
    for (const auto& column : columns) fields.push_back(field_of(column));
    std::vector<const ColumnProfile*> profiles;
    for (const auto& field : fields) profiles.push_back(&field.profile);
    return choose_header(head, profiles, again);
  };
  EXPECT_EQ(header({"id", "name"}, {{"1", "2"}, {"a", "b"}}), Survey::Header::found);
  EXPECT_EQ(header({"1", "anna"}, {{"2", "3"}, {"a", "b"}}), Survey::Header::missing);
  EXPECT_EQ(header({"name", "city"}, {{"a"}, {"b"}}), Survey::Header::guessed);
  EXPECT_EQ(header({"name", "city"}, {{"a"}, {"b"}}, true), Survey::Header::found);
  EXPECT_EQ(header({"id", "2019"}, {{"1"}, {"7"}}), Survey::Header::found);  // no value of a number's column
}

TEST(Infer, Json) {
  EXPECT_EQ(JsonRecords({R"({"a": 1, "b": "x"})", R"({"c": true, "b": null, "a": 2})"}).types(),
            "a bigint, b text, c boolean");
  EXPECT_EQ(
      JsonRecords({R"({"a": 1.5e3, "b": 1.50, "c": 1e400, "d": 0.1})", R"({"d": 0.12345678901234567890123})"}).types(),
      "a double precision, b numeric(18,2), c text, d numeric(38,23)");
  EXPECT_EQ(JsonRecords({R"({"a": 1, "b": "11", "c": [1], "d": {"x": 1}})", R"({"a": "x", "c": "y", "d": 5})"}).types(),
            "a text, b text, c json, d json");
  EXPECT_EQ(JsonRecords({R"({"a": {"x": 1, "y": {"z": 2}}})"}).types(), "a json");
  EXPECT_EQ(JsonRecords({R"({"a": {"x": 1, "y": {"z": 2}}})"}, 1).types(), "a.x bigint, a.y json");
  EXPECT_EQ(JsonRecords({R"({"a": {"x": 1}})", R"({"a": [1]})"}, 1).types(), "a json");
  EXPECT_EQ(JsonRecords({R"({"d": "2024-01-01", "t": "2024-01-01T10:00:00Z", "n": "x\u0000"})"}).types(),
            "d date, t timestamptz, n json");
  EXPECT_EQ(JsonRecords({R"({ "a\"b" : "}{" , "\u00e9\ud83d\ude00" : [ "]" ] , "" : {} })"}).types(),
            "a\"b text, é😀 json,  json");
}

TEST(Infer, ContractText) {
  Survey survey = csv();
  survey.header = Survey::Header::found;
  survey.by_position = true;
  for (const char* name : {"ID", "a b", ""}) {
    SurveyedField field = field_of({"1", "2"});
    field.name = name;
    field.path = {PathStep{name, -1}};
    if (field.name.empty()) field.path = {PathStep{"", 2}};
    field.unique = UniqueValues::Verdict::unique;
    survey.fields.push_back(std::move(field));
  }
  const Contract contract = infer_contract(survey, {{"Id", "integer"}});
  EXPECT_EQ(contract_yaml(contract),
            "from: { header: true }\n"
            "columns:\n"
            "  Id: { type: integer, from: ID }\n"
            "  a_b: { type: bigint, from: \"a b\" }\n"
            "  column_3: { type: bigint, from: \"[2]\" }\n");
  EXPECT_EQ(commented_columns(contract),
            "columns:\n"
            "  Id: { type: integer, from: ID }          # 1 … 2; unique: may be a key; as the table has it\n"
            "  a_b: { type: bigint, from: \"a b\" }       # 1 … 2; unique: may be a key\n"
            "  column_3: { type: bigint, from: \"[2]\" }  # 1 … 2; unique: may be a key\n");
  Contract list;
  list.columns.push_back({});
  list.columns[0].name = "tags";
  list.columns[0].type = Type{Kind::array};
  list.columns[0].type.element = Kind::text;
  list.columns[0].source = "Tags";
  EXPECT_EQ(contract_yaml(list), "columns:\n  tags: { type: \"text[]\", from: Tags }\n");
  EXPECT_EQ(yaml_text("no"), "\"no\"");
  EXPECT_EQ(yaml_text("a${b}"), "\"a$${b}\"");
  EXPECT_EQ(shown_value("a\nb\xc2\x85"
                        "c"),
            "\"a·b·c\"");
}

}  // namespace ingot::infer
