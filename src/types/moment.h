#pragma once

#include <cstdint>
#include <string_view>

#include "types/fault.h"

namespace ingot::exact {

/// A point in time as it is written: numbers that no calendar has checked yet.
struct Day {
  uint32_t year = 0, month = 0, day = 0;
};

struct Clock {
  uint32_t hour = 0, minute = 0, second = 0, micros = 0;
  bool finer_than_micros = false;
};

struct Zone {
  bool given = false;
  bool behind = false;  ///< west of Greenwich
  uint32_t hours = 0, minutes = 0, seconds = 0;
};

struct Moment {
  Day day;
  Clock clock;
  Zone zone;
};

/// Counts days since 1970-01-01. Fault: out_of_range.
Fault count_days(const Day& date, int32_t& days);

/// Counts microseconds since the epoch, whatever the zone. Faults: out_of_range, not_exact.
Fault count_micros(const Moment& moment, int64_t& micros);

/// Counts microseconds since midnight; at the day's end it is a time of its own, as in SQL. Faults: out_of_range,
/// not_exact.
Fault count_clock(const Clock& clock, int64_t& micros);

/// Makes a local time UTC. Fault: out_of_range.
Fault subtract_offset(const Zone& zone, int64_t& micros);

/// Reads a zone designator, the whole of `text`, as to_timestamptz() has it; empty is a zone that is not given.
bool read_zone(std::string_view text, Zone& zone);

/// Reads the digits of a second's fraction from the beginning of `text`; false where there are none.
bool read_fraction(std::string_view& text, Clock& clock);

}  // namespace ingot::exact
