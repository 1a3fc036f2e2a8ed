#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "types/exact.h"

namespace ingot::exact {

bool operator==(const Interval& a, const Interval& b) {
  return a.months == b.months && a.days == b.days && a.micros == b.micros;
}

void PrintTo(const Interval& value, std::ostream* out) {
  *out << fmt::format("{} months {} days {} us", value.months, value.days, value.micros);
}

namespace {

constexpr int64_t kHour = 3'600'000'000;
constexpr int32_t kMost = std::numeric_limits<int32_t>::max();
constexpr int64_t kMostMicros = std::numeric_limits<int64_t>::max();

Interval taken(const std::string& text) {
  Interval value;
  EXPECT_EQ(fault_name(to_interval(text, value)), "none") << text;
  return value;
}

std::string refused(const std::string& text) {
  Interval value;
  return std::string(fault_name(to_interval(text, value)));
}

TEST(ExactInterval, TakesIso8601) {
  EXPECT_EQ(taken("P1Y2M3W4DT5H6M7.891S"), (Interval{14, 25, 5 * kHour + 6 * 60'000'000 + 7'891'000}));
  EXPECT_EQ(taken("P2M"), (Interval{2, 0, 0}));
  EXPECT_EQ(taken("PT2M"), (Interval{0, 0, 120'000'000}));
  EXPECT_EQ(taken("PT0S"), (Interval{0, 0, 0}));
  EXPECT_EQ(taken("P0D"), (Interval{0, 0, 0}));
  EXPECT_EQ(taken("P-1Y2M-3DT-4H"), (Interval{-10, -3, -4 * kHour}));
  EXPECT_EQ(taken("-P1Y2M-3D"), (Interval{-14, 3, 0}));
  EXPECT_EQ(taken("+P1D"), (Interval{0, 1, 0}));
  EXPECT_EQ(taken("P1.0DT0.000001S"), (Interval{0, 1, 1}));
  EXPECT_EQ(taken("PT-0.5S"), (Interval{0, 0, -500'000}));
}

TEST(ExactInterval, TakesWhatDatabasesWrite) {
  EXPECT_EQ(taken("1 year 2 mons 3 days 04:05:06.789"), (Interval{14, 3, 4 * kHour + 306'789'000}));
  EXPECT_EQ(taken("1 year 2 months 3 days 04:05:06.789"), (Interval{14, 3, 4 * kHour + 306'789'000}));
  EXPECT_EQ(taken("-1 years -2 mons +3 days -04:05:06"), (Interval{-14, 3, -(4 * kHour + 306'000'000)}));
  EXPECT_EQ(taken("00:00:00"), (Interval{0, 0, 0}));
  EXPECT_EQ(taken("-00:00:00.000001"), (Interval{0, 0, -1}));
  EXPECT_EQ(taken("30 days"), (Interval{0, 30, 0}));
  EXPECT_EQ(taken("1 mon"), (Interval{1, 0, 0}));
  EXPECT_EQ(taken("24:00:00"), (Interval{0, 0, 24 * kHour}));
  EXPECT_EQ(taken("4 hours 5 minutes 6.5 seconds"), (Interval{0, 0, 4 * kHour + 306'500'000}));
  EXPECT_EQ(taken("2 WEEKS 1 Day"), (Interval{0, 15, 0}));
}

TEST(ExactInterval, TakesTheLargest) {
  EXPECT_EQ(taken("2562047788:00:54.775807"), (Interval{0, 0, kMostMicros}));
  EXPECT_EQ(taken("-2562047788:00:54.775808"), (Interval{0, 0, -kMostMicros - 1}));
  EXPECT_EQ(taken("178956970 years 7 mons -2147483648 days"), (Interval{kMost, -kMost - 1, 0}));
  EXPECT_EQ(taken("PT9223372036854.775807S"), (Interval{0, 0, kMostMicros}));
  EXPECT_EQ(refused("2562047788:00:54.775808"), "out_of_range");
  EXPECT_EQ(refused("178956970 years 8 mons"), "out_of_range");
  EXPECT_EQ(refused("2147483648 days"), "out_of_range");
  EXPECT_EQ(refused("P99999999999999999999D"), "out_of_range");
}

TEST(ExactInterval, RefusesWhatPostgresTakesForInfinity) {
  EXPECT_EQ(refused("178956970 years 7 mons 2147483647 days 2562047788:00:54.775807"), "out_of_range");
  EXPECT_EQ(refused("-178956970 years -8 mons -2147483648 days -2562047788:00:54.775808"), "out_of_range");
}

TEST(ExactInterval, RefusesFractions) {
  for (const char* text :
       {"P0.5D", "P1.5Y", "PT0.5H", "1.5 days", "0.0000001 seconds", "PT0.0000001S", "00:00:00.0000001"}) {
    EXPECT_EQ(refused(text), "not_exact") << text;
  }
}

TEST(ExactInterval, RefusesOtherForms) {
  for (const char* text : {"",
                           "P",
                           "PT",
                           "-P",
                           "P1",
                           "1",
                           "P1YT",
                           "P1S",
                           "PT1Y",
                           "P1M1Y",
                           "P1D1D",
                           "p1d",
                           "P1,5D",
                           "P 1D",
                           "1 day ",
                           " 1 day",
                           "1  day",
                           "1day",
                           "day",
                           "1 fortnight",
                           "1 day 2 days",
                           "04:05",
                           "1 hour 04:05:06",
                           "04:05:06 1 day",
                           "4:5:6",
                           "04:05:06.",
                           "1. day",
                           ".5 seconds",
                           "@ 1 day",
                           "1 day ago",
                           "1-2",
                           "infinity",
                           "1 days s",
                           "--1 day",
                           "P--1D"}) {
    EXPECT_EQ(refused(text), "not_an_interval") << text;
  }
  EXPECT_EQ(refused("00:60:00"), "out_of_range");
  EXPECT_EQ(refused("00:00:60"), "out_of_range");
}

}  // namespace
}  // namespace ingot::exact
