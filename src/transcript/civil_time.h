#pragma once

#include <cstdint>
#include <string>

namespace ingot {

/// Writes a day, counted from 1970-01-01, as `2024-01-31`. Years beyond 0001 to 9999 are written as they are: no type
/// of the contract takes them.
std::string day_text(int64_t days);

/// Writes a time of day, counted in 10^-digits seconds, as `12:30:00`, with a fraction where it has one. Hours may be
/// more than a day has; a negative one stands as it is.
std::string clock_text(int64_t count, int digits);

/// Writes a moment, counted in 10^-digits seconds since 1970-01-01, as `2024-01-31 12:30:00`, with a fraction where it
/// has one.
std::string moment_text(int64_t count, int digits);

}  // namespace ingot
