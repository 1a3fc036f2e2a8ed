#include "types/value_form.h"

#include <gtest/gtest.h>

#include <string>

#include "types/exact.h"

namespace ingot {
namespace {

std::string date(const std::string& pattern, const std::string& text) {
  const auto known = TimePattern::parse(pattern, Kind::date);
  if (!known) return "pattern: " + known.error().message;
  int32_t days = 0, wanted = 0;
  if (const Fault fault = known->read(text, days); fault != Fault::none) return std::string(fault_name(fault));
  // Shown by looking for it: what reads dates otherwise is known to be right.
  for (const char* day : {"2009-09-13", "2024-02-29", "1969-12-31", "2068-01-02", "2024-12-31", "0001-01-01"}) {
    if (exact::to_date(day, wanted) == Fault::none && wanted == days) return day;
  }
  return std::to_string(days);
}

std::string time(const std::string& pattern, const std::string& text, Kind kind = Kind::timestamptz) {
  const auto known = TimePattern::parse(pattern, kind);
  if (!known) return "pattern: " + known.error().message;
  int64_t micros = 0, wanted = 0;
  if (const Fault fault = known->read(text, micros); fault != Fault::none) return std::string(fault_name(fault));
  for (const char* t :
       {"2024-02-29 13:05:09", "2024-02-29 00:05:00", "2024-02-29 12:00:00", "2024-02-29 11:05:09.25"}) {
    if (exact::to_timestamp(t, wanted) == Fault::none && wanted == micros) return t;
  }
  return std::to_string(micros);
}

TEST(TimePattern, ReadsDates) {
  EXPECT_EQ(date("%m %d, %Y", "09 13, 2009"), "2009-09-13");
  EXPECT_EQ(date("%m %d, %Y", "9 13, 2009"), "2009-09-13");
  EXPECT_EQ(date("%d.%m.%Y", "29.2.2024"), "2024-02-29");
  EXPECT_EQ(date("%Y%m%d", "20240229"), "2024-02-29");
  EXPECT_EQ(date("%d%b%Y", "29FEB2024"), "2024-02-29");
  EXPECT_EQ(date("%A, %d %B %Y", "Thursday, 29 february 2024"), "2024-02-29");
  EXPECT_EQ(date("%a %e.%m.%Y", "Thu 29.02.2024"), "2024-02-29");
  EXPECT_EQ(date("%d/%m/%y", "31/12/69"), "1969-12-31");
  EXPECT_EQ(date("%d/%m/%y", "02/01/68"), "2068-01-02");
  EXPECT_EQ(date("%Y-%j", "2024-366"), "2024-12-31");
  EXPECT_EQ(date("%j/%Y", "60/2024"), "2024-02-29");
  EXPECT_EQ(date("%D", "02/29/24"), "2024-02-29");
  EXPECT_EQ(date("100%%: %F", "100%: 2024-02-29"), "2024-02-29");
}

TEST(TimePattern, IgnoresNothing) {
  for (const char* text : {" 29.02.2024", "29.02.2024 ", "29. 02.2024", "29.02.24", "29.002.2024", "29.02.02024",
                           "29-02-2024", "29.02.", "", "xx.02.2024", "+29.02.2024", "29.02.2024\n"}) {
    EXPECT_EQ(date("%d.%m.%Y", text), "not_a_date") << text;
  }
  EXPECT_EQ(date("%Y%m%d", "2024229"), "not_a_date") << "which digits are the month's?";
  EXPECT_EQ(date("%d.%m.%Y", "30.02.2024"), "out_of_range");
  EXPECT_EQ(date("%d.%m.%Y", "01.13.2024"), "out_of_range");
  EXPECT_EQ(date("%d.%m.%Y", "01.01.0000"), "out_of_range");
  EXPECT_EQ(date("%Y-%j", "2023-366"), "out_of_range");
  EXPECT_EQ(date("%a %F", "Fri 2024-02-29"), "out_of_range") << "it was a Thursday";
  EXPECT_EQ(date("%d %b %Y", "29 Febr 2024"), "not_a_date");
}

TEST(TimePattern, ReadsTimes) {
  EXPECT_EQ(time("%d/%b/%Y:%H:%M:%S %z", "29/Feb/2024:15:05:09 +0200"), "2024-02-29 13:05:09");
  EXPECT_EQ(time("%FT%T%z", "2024-02-29T13:05:09Z"), "2024-02-29 13:05:09");
  EXPECT_EQ(time("%m/%d/%Y %I:%M:%S %p", "2/29/2024 1:05:09 PM"), "2024-02-29 13:05:09");
  EXPECT_EQ(time("%F %I:%M %p", "2024-02-29 12:05 am"), "2024-02-29 00:05:00");
  EXPECT_EQ(time("%F %I %p", "2024-02-29 12 pm"), "2024-02-29 12:00:00");
  EXPECT_EQ(time("%Y%m%d%H%M%S", "20240229130509"), "2024-02-29 13:05:09");
  EXPECT_EQ(time("%F %T,%f", "2024-02-29 11:05:09,25"), "2024-02-29 11:05:09.25");
  EXPECT_EQ(time("%s", "1709211909"), "2024-02-29 13:05:09");
  EXPECT_EQ(time("%s.%f", "-0.5"), "-500000");
  EXPECT_EQ(time("%F %I:%M %p", "2024-02-29 13:05 pm"), "out_of_range");
  EXPECT_EQ(time("%F %T", "2024-02-29 24:00:00"), "out_of_range");
  EXPECT_EQ(time("%F %T.%f", "2024-02-29 11:05:09.1234567"), "not_exact");
  EXPECT_EQ(time("%F %T%z", "2024-02-29 11:05:09 CET"), "not_a_timestamp");
  EXPECT_EQ(time("%F %T%z", "9999-12-31 23:59:59-01"), "out_of_range");
  EXPECT_EQ(time("%s", "99999999999999999999"), "out_of_range");
}

TEST(TimePattern, ReadsTimesOfDay) {
  const auto of_day = [](const char* pattern, const char* text) {
    const auto known = TimePattern::parse(pattern, Kind::time);
    if (!known) return "pattern: " + known.error().message;
    int64_t micros = 0;
    const Fault fault = known->read(text, micros);
    return fault == Fault::none ? std::to_string(micros / 1'000'000) : std::string(fault_name(fault));
  };
  EXPECT_EQ(of_day("%I:%M %p", "1:05 PM"), "47100");
  EXPECT_EQ(of_day("%Hh%M", "13h05"), "47100");
  EXPECT_EQ(of_day("%H%M", "2400"), "86400");
  EXPECT_EQ(of_day("%H%M", "2401"), "out_of_range");
  EXPECT_EQ(of_day("%H%M", "13:05"), "not_a_time");
  EXPECT_EQ(of_day("%F %H", ""), "pattern: %Y reads what a time of day cannot keep");
  EXPECT_EQ(of_day("x", ""), "pattern: the pattern does not say an hour");
}

TEST(TimePattern, RefusesWhatCannotBeMeant) {
  EXPECT_EQ(date("%d.%m", ""), "pattern: the pattern does not say a day: it needs a year, a month and a day");
  EXPECT_EQ(date("%Q", ""), "pattern: unknown word in a pattern: %Q");
  EXPECT_EQ(date("%d.%e.%Y", ""), "pattern: %e says what another word of the pattern says");
  EXPECT_EQ(date("%F %H", ""), "pattern: %H reads a time, which a date cannot keep");
  EXPECT_EQ(time("%F %T%z", "", Kind::timestamp), "pattern: %z reads a time zone, which a timestamp cannot keep");
  EXPECT_EQ(time("%F %I:%M", ""), "pattern: %I and %p go together");
  EXPECT_EQ(time("%F %H:%M %p", ""), "pattern: %I and %p go together");
  EXPECT_EQ(time("%F %T %Z", ""), "pattern: %Z: names of time zones are not read");
  EXPECT_EQ(time("%F %M", ""), "pattern: a pattern with %M needs hours, one with %S minutes, one with %f seconds");
  EXPECT_EQ(time("%s %Y", ""), "pattern: %s says all of a time: no other word but %f goes with it");
  EXPECT_EQ(date("%F%", ""), "pattern: unknown word in a pattern: % ");
}

TEST(ValueForm, TheFirstPatternThatFitsIsTaken) {
  ValueForm form;
  for (const char* pattern : {"%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y"})
    form.times.push_back(*TimePattern::parse(pattern, Kind::date));
  int32_t days = 0, wanted = 0;
  ASSERT_EQ(exact::to_date("2024-02-29", wanted), Fault::none);
  for (const char* text : {"29.02.2024", "02/29/2024", "29/02/2024"}) {
    EXPECT_EQ(form.to_date(text, days), Fault::none) << text;
    EXPECT_EQ(days, wanted) << text;
  }
  EXPECT_EQ(form.to_date("30/30/2024", days), Fault::out_of_range);
  EXPECT_EQ(form.to_date("2024-02-29", days), Fault::not_a_date);
}

std::string number(const NumberForm& form, std::string_view text) {
  std::string out;
  return form.read(text, out) ? out : "refused";
}

TEST(NumberForm, ReadsWhatPeopleWrite) {
  const NumberForm german{",", {"."}, {"€", "EUR"}, NumberForm::Percent::none, true, true};
  EXPECT_EQ(number(german, "1.234.567,89"), "1234567.89");
  EXPECT_EQ(number(german, "1234567,89"), "1234567.89");
  EXPECT_EQ(number(german, "-1.234,50 €"), "-1234.50");
  EXPECT_EQ(number(german, "€ -5"), "-5");
  EXPECT_EQ(number(german,
                   "−5\xC2\xA0"
                   "EUR"),
            "-5");
  EXPECT_EQ(number(german, "(1.000,00 €)"), "-1000.00");
  EXPECT_EQ(number(german, "5,5-"), "-5.5");
  EXPECT_EQ(number(german, ",5"), ".5");
  EXPECT_EQ(number(german, "5,"), "5");
  EXPECT_EQ(number(german, "1,5E+3"), "1.5E+3");
  const NumberForm swiss{".", {"'", "’"}, {"CHF"}, NumberForm::Percent::none, false, false};
  EXPECT_EQ(number(swiss, "CHF 1'234.05"), "1234.05");
  EXPECT_EQ(number(swiss, "1’234’567"), "1234567");
}

TEST(NumberForm, RefusesWhatItMightMean) {
  const NumberForm german{",", {"."}, {"€"}, NumberForm::Percent::none, true, true};
  for (const char* text :
       {"1.23", "12.34.567", "1.2345", "1234.567", ".123", "1.234.", "1,234.5", "1.234,5,6", "1..234",
        "--5",  "(-5)",      "-5-",    "(5",       "5)",   "()",     "",        "€",         "€5€",
        "5 ",   " 5",        "5  €",   "- 5",      "0x1A", "1 234",  "5 %",     "1_000",     "-"}) {
    EXPECT_EQ(number(german, text), "refused") << text;
  }
  const NumberForm swiss{".", {"'", "’"}, {}, NumberForm::Percent::none, false, false};
  EXPECT_EQ(number(swiss, "1'234’567"), "refused") << "one sign throughout";
  EXPECT_EQ(number(swiss, "5-"), "refused");
  EXPECT_EQ(number(swiss, "(5)"), "refused");
}

TEST(NumberForm, PercentIsWhatWasSaid) {
  const NumberForm fraction{",", {}, {}, NumberForm::Percent::fraction, false, false};
  EXPECT_EQ(number(fraction, "12,5 %"), "12.5e-2");
  EXPECT_EQ(number(fraction, "-3%"), "-3e-2");
  EXPECT_EQ(number(fraction, "12,5"), "refused") << "is that 12.5 or 0.125?";
  const NumberForm plain{",", {}, {}, NumberForm::Percent::number, false, false};
  EXPECT_EQ(number(plain, "12,5%"), "12.5");
  EXPECT_EQ(number(plain, "12,5"), "12.5");
  EXPECT_EQ(number(plain, "12,5%%"), "refused");
}

}  // namespace
}  // namespace ingot
