#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "types/exact.h"
#include "types/property_test.h"

namespace ingot::exact {
namespace {

template <class T, class Parser>
std::string shown(Parser parse, std::string_view text) {
  T value = 0;
  const Fault fault = parse(text, value);
  return fault == Fault::none ? std::to_string(value) : std::string(fault_name(fault));
}
std::string date(std::string_view text) { return shown<int32_t>(to_date, text); }
std::string timestamp(std::string_view text) { return shown<int64_t>(to_timestamp, text); }
std::string instant(std::string_view text) { return shown<int64_t>(to_timestamptz, text); }

constexpr const char* kNoon = "1704110400000000";  // 2024-01-01 12:00

bool leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int month_length(int year, int month) {
  if (month == 2) return leap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Walks the whole calendar and counts; also every impossible month and day.
TEST(ExactDate, CountsEveryDayOfTheCalendar) {
  int32_t expected = -719162;
  for (int year = 0; year <= 9999; ++year) {
    for (int month = 0; month <= 13; ++month) {
      const bool real = year > 0 && month >= 1 && month <= 12;
      const int length = real ? month_length(year, month) : 0;
      for (int day = 0; day <= 32; ++day) {
        const bool exists = real && day >= 1 && day <= length;
        const std::string text = fmt::format("{:04}-{:02}-{:02}", year, month, day);
        int32_t days = 0;
        const Fault fault = to_date(text, days);
        ASSERT_EQ(fault, exists ? Fault::none : Fault::out_of_range) << text;
        if (exists) {
          ASSERT_EQ(days, expected++) << text;
        }
      }
    }
  }
  EXPECT_EQ(expected, 2932897);
}

TEST(ExactDate, KnowsLeapDaysAndEdges) {
  EXPECT_EQ(date("1970-01-01"), "0");
  EXPECT_EQ(date("1969-12-31"), "-1");
  EXPECT_EQ(date("2000-02-29"), "11016");
  EXPECT_EQ(date("2024-02-29"), "19782");
  EXPECT_EQ(date("1900-02-29"), "out_of_range");
  EXPECT_EQ(date("2023-02-29"), "out_of_range");
  EXPECT_EQ(date("0001-01-01"), "-719162");
  EXPECT_EQ(date("9999-12-31"), "2932896");
  EXPECT_EQ(date("0000-01-01"), "out_of_range");
  EXPECT_EQ(date("2024-13-01"), "out_of_range");
  EXPECT_EQ(date("2024-04-31"), "out_of_range");
}

TEST(ExactDate, RefusesOtherForms) {
  for (const char* text : {"",
                           " ",
                           "2024-1-1",
                           "2024-01-01 ",
                           " 2024-01-01",
                           "20240101",
                           "2024/01/01",
                           "01/02/2024",
                           "01-02-2024",
                           "2024-01-01T00:00:00",
                           "2024-01-01 00:00:00",
                           "10000-01-01",
                           "-001-01-01",
                           "24-01-01",
                           "today",
                           "infinity",
                           "2024-W01-1",
                           "2024-001",
                           "2024\x01"
                           "01-01",
                           "2024-0\xD9\xA1-1",
                           "+024-01-01",
                           "2024-:1-01",
                           "2024-01-0/",
                           "\xFA"
                           "024-01-01"}) {
    EXPECT_EQ(date(text), "not_a_date") << text;
  }
}

TEST(ExactDate, RefusesEveryOtherCharacter) {
  const std::string good = "2011-11-11";
  for (size_t at = 0; at < good.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string text = good;
      text[at] = static_cast<char>(c);
      const bool form = good[at] == '-' ? c == '-' : c >= '0' && c <= '9';
      EXPECT_EQ(date(text) != "not_a_date", form) << at << ' ' << c;
    }
  }
}

TEST(ExactTimestamp, TakesItsForms) {
  EXPECT_EQ(timestamp("1970-01-01"), "0");
  EXPECT_EQ(timestamp("2024-01-01 12:00"), kNoon);
  EXPECT_EQ(timestamp("2024-01-01T12:00"), kNoon);
  EXPECT_EQ(timestamp("2024-01-01t12:00:00"), kNoon);
  EXPECT_EQ(timestamp("2024-01-01 12:00:00"), kNoon);
  EXPECT_EQ(timestamp("2024-01-01 12:00:00.0"), kNoon);
  EXPECT_EQ(timestamp("1970-01-01 00:00:00.5"), "500000");
  EXPECT_EQ(timestamp("1970-01-01 00:00:00.000001"), "1");
  EXPECT_EQ(timestamp("1969-12-31 23:59:59.999999"), "-1");
  EXPECT_EQ(timestamp("0001-01-01 00:00:00"), "-62135596800000000");
  EXPECT_EQ(timestamp("9999-12-31 23:59:59.999999"), "253402300799999999");
}

TEST(ExactTimestamp, KeepsMicrosecondsAndNoMore) {
  EXPECT_EQ(timestamp("1970-01-01 00:00:00.1234560"), "123456");
  EXPECT_EQ(timestamp("1970-01-01 00:00:00.123456000000000000000000000000"), "123456");
  EXPECT_EQ(timestamp("1970-01-01 00:00:00.1234561"), "not_exact");
  EXPECT_EQ(timestamp("1970-01-01 00:00:00.000000000000000000001"), "not_exact");
  EXPECT_EQ(instant("1970-01-01 00:00:00.123456789Z"), "not_exact");
  EXPECT_EQ(instant("1970-01-01 00:00:00.123456000Z"), "123456");
}

TEST(ExactTimestamp, RefusesWhatIsBeyondItsRange) {
  for (const char* text : {"2024-01-01 24:00:00", "2016-12-31 23:59:60", "2024-01-01 25:00", "2024-01-01 12:60",
                           "2024-01-01 12:00:99", "2023-02-29 00:00", "0000-01-01", "2024-00-01 12:00"}) {
    EXPECT_EQ(timestamp(text), "out_of_range") << text;
    EXPECT_EQ(instant(text), "out_of_range") << text;
  }
}

TEST(ExactTimestamp, SaysWhenThereIsAZone) {
  for (const char* text : {"2024-01-01 12:00:00+02", "2024-01-01 12:00:00Z", "2024-01-01T12:00:00.123-05:30",
                           "2024-01-01 12:00 UTC", "2024-01-01 12:00+00"}) {
    EXPECT_EQ(timestamp(text), "has_time_zone") << text;
  }
}

TEST(ExactTimestamp, RefusesOtherForms) {
  for (const char* text : {"",
                           " ",
                           "2024-01-01 ",
                           " 2024-01-01 12:00",
                           "2024-01-01  12:00",
                           "2024-01-01 12:00 ",
                           "2024-01-01 12",
                           "2024-01-01 1:00",
                           "2024-01-01 12:0",
                           "2024-01-01 12:00:",
                           "2024-01-01 12:00:0",
                           "2024-01-01 12:00:00.",
                           "2024-01-01 12:00:00,5",
                           "2024-01-01 12:00.5",
                           "2024-01-01_12:00",
                           "2024-01-01 12:00:00 PM",
                           "2024-01-01 12:00:00 CET",
                           "2024-01-01 12:00:00 Europe/Berlin",
                           "20240101T120000",
                           "2024-01-01 12.00.00",
                           "now",
                           "infinity",
                           "1704110400",
                           "2024-01-01Z",
                           "2024-01-01+02",
                           "2024-01-01T",
                           "2024-01-01 -1:00",
                           "2024-01-01 12:-1",
                           "2024-1-1 12:00"}) {
    EXPECT_EQ(timestamp(text), "not_a_timestamp") << text;
    EXPECT_EQ(instant(text), "not_a_timestamp") << text;
  }
}

TEST(ExactTimestamptz, TakesItsForms) {
  for (const char* text :
       {"2024-01-01 12:00:00", "2024-01-01T12:00:00Z", "2024-01-01T12:00:00z", "2024-01-01 12:00:00 UTC",
        "2024-01-01 12:00:00utc", "2024-01-01 14:00+02", "2024-01-01 14:00:00 +02", "2024-01-01 14:00:00+0200",
        "2024-01-01 14:00:00+02:00", "2024-01-01 14:00:00.000+02:00:00", "2024-01-01 06:30:00-05:30",
        "2024-01-01 12:00:00-00:00", "2023-12-31 22:00:00-14:00", "2024-01-02 02:00:00+14:00"}) {
    EXPECT_EQ(instant(text), kNoon) << text;
  }
  EXPECT_EQ(instant("1970-01-01 15:59:59+15:59:59"), "0");
  EXPECT_EQ(instant("1970-01-01 15:59+15:59"), "0");
  EXPECT_EQ(instant("1969-12-31 08:01-15:59"), "0");
}

TEST(ExactTimestamptz, RefusesOtherZones) {
  for (const char* text : {"12:00:00+", "12:00:00+2", "12:00:00+020", "12:00:00+02:", "12:00:00+02:0",
                           "12:00:00+02:00:", "12:00:00+02:00:0", "12:00:00  +02", "12:00:00+ 2", "12:00:00ZZ",
                           "12:00:00 ", "12:00:00+0200:00", "12:00:00+020000", "12:00:00UTC+2", "12:00:00GMT",
                           "12:00:00\xE2\x88\x92"
                           "02",
                           "12:00:00Z "}) {
    EXPECT_EQ(instant("2024-01-01 " + std::string(text)), "not_a_timestamp") << text;
    EXPECT_EQ(timestamp("2024-01-01 " + std::string(text)), "not_a_timestamp") << text;
  }
  EXPECT_EQ(instant("2024-01-01 12:00:00+16:00"), "out_of_range");
  EXPECT_EQ(instant("2024-01-01 12:00:00+02:60"), "out_of_range");
  EXPECT_EQ(instant("2024-01-01 12:00:00+02:00:60"), "out_of_range");
}

TEST(ExactTimestamptz, StaysWithinItsYearsInUtc) {
  EXPECT_EQ(instant("0001-01-01 02:00:00+02"), "-62135596800000000");
  EXPECT_EQ(instant("0001-01-01 01:59:59.999999+02"), "out_of_range");
  EXPECT_EQ(instant("9999-12-31 21:59:59.999999-02"), "253402300799999999");
  EXPECT_EQ(instant("9999-12-31 22:00:00-02"), "out_of_range");
}

// The fields by a regular expression, days by walking the years.
std::string reference(const std::string& text, bool with_zone) {
  static const Form kForm(
      "^([0-9]{4})-([0-9]{2})-([0-9]{2})([ Tt]([0-9]{2}):([0-9]{2})(:([0-9]{2})(\\.([0-9]+))?)?"
      "( ?([zZ]|[uU][tT][cC]|([+-])([0-9]{2})(:?([0-9]{2})|:([0-9]{2}):([0-9]{2}))?))?)?$");
  const std::vector<std::string> m = kForm.match(text);
  if (m.empty()) return "not_a_timestamp";
  if (!m[11].empty() && !with_zone) return "has_time_zone";
  const auto number = [&m](size_t group) { return m[group].empty() ? 0 : std::stoi(m[group]); };
  const int year = number(1), month = number(2), day = number(3);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > month_length(year, month)) return "out_of_range";
  if (number(5) > 23 || number(6) > 59 || number(8) > 59) return "out_of_range";
  std::string fraction = m[10];
  fraction.resize(std::max<size_t>(6, fraction.size()), '0');
  if (fraction.find_first_not_of('0', 6) != fraction.npos) return "not_exact";
  int64_t days = -719162;
  for (int y = 1; y < year; ++y) days += leap(y) ? 366 : 365;
  for (int i = 1; i < month; ++i) days += month_length(year, i);
  days += day - 1;
  int64_t micros =
      (days * 86400 + number(5) * 3600 + number(6) * 60 + number(8)) * 1000000 + std::stoi(fraction.substr(0, 6));
  if (!m[13].empty()) {
    const int minutes = number(16) + number(17);
    if (number(14) > 15 || minutes > 59 || number(18) > 59) return "out_of_range";
    const int64_t offset = (number(14) * 3600 + minutes * 60 + number(18)) * int64_t{1000000};
    micros += m[13] == "-" ? offset : -offset;
  }
  if (micros < -62135596800000000 || micros > 253402300799999999) return "out_of_range";
  return std::to_string(micros);
}

TEST(ExactTime, TakesItsForms) {
  const auto taken = [](const char* text) {
    int64_t micros = -1;
    EXPECT_EQ(to_time(text, micros), Fault::none) << text;
    return micros;
  };
  EXPECT_EQ(taken("00:00"), 0);
  EXPECT_EQ(taken("01:02:03.000004"), 3'723'000'004);
  EXPECT_EQ(taken("23:59:59.999999"), 86'399'999'999);
  EXPECT_EQ(taken("12:00:00.5000000"), 43'200'500'000);
  EXPECT_EQ(taken("24:00"), 86'400'000'000);
  EXPECT_EQ(taken("24:00:00.000"), 86'400'000'000);
}

TEST(ExactTime, RefusesTheRest) {
  const auto refused = [](const char* text) {
    int64_t micros = 0;
    return std::string(fault_name(to_time(text, micros)));
  };
  for (const char* text : {"", "1:00", "12", "12:0", "12:00:0", "12:00:00.", " 12:00", "12:00 ", "12:00 PM", "120000",
                           "T12:00", "12:00:00,5", "-12:00", "noon", "12:00:00 CET", "2024-01-01 12:00"}) {
    EXPECT_EQ(refused(text), "not_a_time") << text;
  }
  for (const char* text : {"24:00:01", "24:00:00.000001", "24:01", "25:00", "12:60", "23:59:60", "99:99:99"}) {
    EXPECT_EQ(refused(text), "out_of_range") << text;
  }
  for (const char* text : {"12:00Z", "12:00:00+01", "12:00:00.5 -03:30", "12:00 utc"}) {
    EXPECT_EQ(refused(text), "has_time_zone") << text;
  }
  EXPECT_EQ(refused("12:00:00.0000001"), "not_exact");
}

TEST(ExactTimestamp, AgreesWithANaiveReference) {
  RandomText random(6);
  const std::string seeds[] = {"2024-02-29 12:34:56.789012+05:30",
                               "0001-01-01 00:00:00-01",
                               "9999-12-31T23:59:59.999999Z",
                               "1970-01-01 00:00",
                               "2019-12-31",
                               "2020-10-10 10:10:10.1230000 UTC"};
  for (int i = 0; i < 10'000; ++i) {
    for (std::string text : seeds) {
      for (size_t edits = random.below(4); edits > 0; --edits) text = random.mutate(text, "0123456789-: T.+Z/;");
      ASSERT_EQ(instant(text), reference(text, true)) << text;
      ASSERT_EQ(timestamp(text), reference(text, false)) << text;
    }
  }
}

}  // namespace
}  // namespace ingot::exact
