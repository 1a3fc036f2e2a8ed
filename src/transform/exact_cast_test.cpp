#include <gmock/gmock.h>

#include "transform/compose_fixture.h"

namespace ingot {

class ExactCastTest : public ComposeTest {
 protected:
  /// The value as text; `!` and the message where it fails; `?` and the message where it is refused before.
  std::string evaluate(const std::string& function, const std::string& value, const std::string& type) {
    const auto sql = "SELECT " + function + "(x, CAST(NULL AS " + type + "))::VARCHAR FROM (SELECT " + value +
                     " AS x FROM range(1)) WHERE ingot_guard()";
    const auto result = connection_.Query(sql);
    if (!result->HasError()) return result->GetValue(0, 0).ToString();
    const auto& error = result->GetErrorObject();
    const std::string message = error.RawMessage();
    return (error.Type() == duckdb::ExceptionType::INVALID_INPUT ? "!" : "?") + message.substr(0, message.find('\n'));
  }
  std::string cast(const std::string& value, const std::string& type) { return evaluate("ingot_cast", value, type); }
  std::string assign(const std::string& value, const std::string& type) {
    return evaluate("ingot_assign", value, type);
  }
};

TEST_F(ExactCastTest, TextIsReadByTheSourcesRules) {
  EXPECT_EQ(cast("'17'", "integer"), "17");
  EXPECT_EQ(cast("'2.0'", "smallint"), "2");
  EXPECT_EQ(cast("'1.7'", "integer"), "!not an integer");
  EXPECT_EQ(cast("'0x1A'", "integer"), "!not a number");
  EXPECT_EQ(cast("'1_000'", "integer"), "!not a number");
  EXPECT_EQ(cast("' 1'", "integer"), "!not a number");
  EXPECT_EQ(cast("'2147483648'", "integer"), "!" + std::string(fault_text(Fault::out_of_range)));
  EXPECT_EQ(cast("'127'", "tinyint"), "127");
  EXPECT_EQ(cast("'128'", "tinyint"), "!" + std::string(fault_text(Fault::out_of_range)));
  EXPECT_EQ(cast("'18446744073709551615'", "ubigint"), "18446744073709551615");
  EXPECT_EQ(cast("'-1'", "ubigint"), "!" + std::string(fault_text(Fault::out_of_range)));
  EXPECT_EQ(cast("'99999999999999999999999999999999999999'", "hugeint"), "99999999999999999999999999999999999999");
  EXPECT_EQ(cast("'2.345'", "decimal(4,2)"), "!" + std::string(fault_text(Fault::not_exact)));
  EXPECT_EQ(cast("'2.340'", "decimal(4,2)"), "2.34");
  EXPECT_EQ(cast("'1e400'", "double"), "!" + std::string(fault_text(Fault::out_of_range)));
  EXPECT_EQ(cast("'yes'", "boolean"), "true");
  EXPECT_EQ(cast("'2024-02-30'", "date"), "!" + std::string(fault_text(Fault::out_of_range)));
  EXPECT_EQ(cast("'2024-2-3'", "date"), "!" + std::string(fault_text(Fault::not_a_date)));
  EXPECT_EQ(cast("'2024-02-29'", "date"), "2024-02-29");
  EXPECT_EQ(cast("'2024-02-29T12:00:00.123456'", "timestamp"), "2024-02-29 12:00:00.123456");
  EXPECT_EQ(cast("'2024-02-29 12:00:00+02'", "timestamp"), "!" + std::string(fault_text(Fault::has_time_zone)));
  EXPECT_EQ(cast("'2024-02-29 12:00:00+02'", "timestamptz"), "2024-02-29 10:00:00+00");
  EXPECT_EQ(cast("'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "uuid"), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
  EXPECT_EQ(cast("'0eebc999-9c0b-4ef8-bb6d-6bb9bd380a11'", "uuid"), "0eebc999-9c0b-4ef8-bb6d-6bb9bd380a11");
  EXPECT_EQ(cast("'{\"a\": 1}'", "json"), "{\"a\": 1}");
  EXPECT_EQ(cast("'{a: 1}'", "json"), "!" + std::string(fault_text(Fault::not_json)));
  EXPECT_EQ(cast("NULL::VARCHAR", "integer"), "NULL");
  EXPECT_EQ(cast("NULL", "integer"), "NULL");
}

TEST_F(ExactCastTest, NumbersKeepAllTheirDigits) {
  const std::string range = "!" + std::string(fault_text(Fault::out_of_range));
  const std::string inexact = "!" + std::string(fault_text(Fault::not_exact));
  EXPECT_EQ(cast("32767::bigint", "smallint"), "32767");
  EXPECT_EQ(cast("32768::bigint", "smallint"), range);
  EXPECT_EQ(cast("(-32768)::bigint", "smallint"), "-32768");
  EXPECT_EQ(cast("18446744073709551615::ubigint", "bigint"), range);
  EXPECT_EQ(cast("99::integer", "decimal(4,2)"), "99.00");
  EXPECT_EQ(cast("100::integer", "decimal(4,2)"), range);
  EXPECT_EQ(cast("(-100)::integer", "decimal(4,2)"), range);
  EXPECT_EQ(cast("9.99::decimal(5,3)", "decimal(3,2)"), "9.99");
  EXPECT_EQ(cast("9.991::decimal(5,3)", "decimal(3,2)"), inexact);
  EXPECT_EQ(cast("10.000::decimal(5,3)", "decimal(3,2)"), range);
  EXPECT_EQ(cast("2.000::decimal(5,3)", "integer"), "2");
  EXPECT_EQ(cast("2.500::decimal(5,3)", "integer"), inexact);
  EXPECT_EQ(cast("99999999999999999999999999999999999999::decimal(38,0)", "decimal(38,1)"), range);
  EXPECT_EQ(cast("3000000000.00::decimal(12,2)", "integer"), range);
  EXPECT_EQ(cast("2::double", "integer"), "2");
  EXPECT_EQ(cast("2.5::double", "integer"), "!not an integer");
  EXPECT_EQ(cast("1e10::double", "integer"), range);
  EXPECT_EQ(cast("0.1::double", "decimal(4,2)"), "0.10");
  EXPECT_EQ(cast("2.345::double", "decimal(4,2)"), inexact);
  EXPECT_EQ(cast("0.1::float", "decimal(4,2)"), "0.10");
  EXPECT_EQ(cast("0.1::double", "float"), "0.1");
  EXPECT_EQ(cast("1e300::double", "float"), range);
  EXPECT_EQ(cast("1e-300::double", "float"), range);
  EXPECT_EQ(cast("'nan'::double", "float"), "nan");
  EXPECT_EQ(cast("'inf'::double", "decimal(4,2)")[0], '!');
  EXPECT_EQ(cast("'nan'::float", "decimal(4,2)"), range);
  EXPECT_EQ(cast("7::tinyint", "bigint"), "7");
  EXPECT_EQ(cast("7::integer", "double"), "7.0");
}

TEST_F(ExactCastTest, TimesAreInUtcAndOnlyCutByIntent) {
  EXPECT_EQ(cast("timestamptz '2024-01-01 23:00:00-02'", "timestamp"), "2024-01-02 01:00:00");
  EXPECT_EQ(cast("timestamp '2024-01-01 23:00:00'", "timestamptz"), "2024-01-01 23:00:00+00");
  EXPECT_EQ(cast("date '2024-01-01'", "timestamp"), "2024-01-01 00:00:00");
  EXPECT_EQ(cast("timestamp '2024-01-01 23:00:00'", "date"), "2024-01-01");
  EXPECT_EQ(assign("timestamp '2024-01-01 23:00:00'", "date"), "?no exact conversion from TIMESTAMP to DATE");
  EXPECT_EQ(cast("timestamptz '2024-01-01 23:00:00-02'", "date"),
            "?no exact conversion from TIMESTAMP WITH TIME ZONE to DATE");
}

TEST_F(ExactCastTest, AnythingPlainHasAText) {
  EXPECT_EQ(cast("1.50::decimal(4,2)", "varchar"), "1.50");
  EXPECT_EQ(cast("true", "varchar"), "true");
  EXPECT_EQ(cast("0.1::double", "varchar"), "0.1");
  EXPECT_EQ(cast("[1,2]", "varchar"), "?no exact conversion from INTEGER[] to VARCHAR");
  EXPECT_EQ(assign("'{\"a\":1}'::json", "varchar"), "?no exact conversion from JSON to VARCHAR");
  EXPECT_EQ(cast("'{\"a\":1}'::json", "varchar"), "{\"a\":1}");
}

TEST_F(ExactCastTest, OtherPairsAreRefusedBeforeTheRun) {
  EXPECT_EQ(cast("true", "integer"), "?no exact conversion from BOOLEAN to INTEGER");
  EXPECT_EQ(cast("1", "boolean"), "?no exact conversion from INTEGER to BOOLEAN");
  EXPECT_EQ(cast("1", "json"), "?no exact conversion from INTEGER to JSON");
  EXPECT_EQ(cast("date '2024-01-01'", "integer"), "?no exact conversion from DATE to INTEGER");
  EXPECT_EQ(cast("1", "integer[]"), "?no exact conversion from INTEGER to INTEGER[]");
}

TEST_F(ExactCastTest, ColumnsHoldNoNulAndNoStrangeYears) {
  EXPECT_EQ(assign("'a' || chr(0)", "varchar"), "!" + std::string(fault_text(Fault::nul_byte)));
  EXPECT_EQ(assign("date '9999-12-31' + 1", "date"), "!" + std::string(fault_text(Fault::out_of_range)));
  EXPECT_EQ(assign("date '9999-12-31'", "date"), "9999-12-31");
  EXPECT_EQ(assign("date '0001-01-01' - 1", "timestamp"), "!" + std::string(fault_text(Fault::out_of_range)));
  EXPECT_EQ(assign("timestamp '0001-01-01 00:00:00'", "timestamp"), "0001-01-01 00:00:00");
}

TEST_F(ExactCastTest, NormalizeTitle) {
  const auto normalize = [&](const std::string& title) {
    return connection_.Query("SELECT normalize_title(" + quote_literal(title) + ")")->GetValue(0, 0).ToString();
  };
  EXPECT_EQ(normalize("Star Wars: The Force Awakens"), "star_wars_the_force_awakens");
  EXPECT_EQ(normalize("Face/Off"), "faceoff");
  EXPECT_EQ(normalize("Amélie — Die ÄUSSERE Größe"), "amélie__die_äussere_größe");
  EXPECT_EQ(normalize("Левиафан 2"), "левиафан_2");
  EXPECT_EQ(normalize("千と千尋の神隠し"), "千と千尋の神隠し");
  EXPECT_EQ(normalize("a\tb\nc\u00a0d\u2003e"), "a_b_c_d_e");
  EXPECT_EQ(normalize("snake_case 🎬!"), "snake_case_");
  EXPECT_EQ(normalize(""), "");
  EXPECT_TRUE(connection_.Query("SELECT normalize_title(NULL)")->GetValue(0, 0).IsNull());
}

}  // namespace ingot
