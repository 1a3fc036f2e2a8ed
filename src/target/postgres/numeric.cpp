#include "target/postgres/numeric.h"

#include <array>

#include "postgres/wire.h"

namespace ingot::postgres {

namespace {

__extension__ using uint128 = unsigned __int128;

constexpr int kMaxGroups = 20;  // digits before the point and behind it are grouped apart
constexpr uint64_t kGroup = 10'000;
constexpr std::array<uint64_t, 4> kSmallPowers = {1, 10, 100, 1000};

uint128 power_of_ten(int n) {
  uint128 power = 1;
  while (n-- > 0) power *= 10;
  return power;
}

constexpr std::array<uint64_t, 20> make_powers() {
  std::array<uint64_t, 20> powers{};
  uint64_t power = 1;
  for (uint64_t& p : powers) {
    p = power;
    power *= 10;
  }
  return powers;
}
constexpr auto kPowers = make_powers();

// The groups of four digits of `whole`.`fraction`, most significant first; T is as narrow as the value allows.
struct Groups {
  std::array<uint16_t, kMaxGroups> digits;
  int count = 0;
  int weight = -1;  // of the first group; the last before the point has 0

  template <class T>
  void fill(T whole, T fraction, int scale, T unit) {
    std::array<uint16_t, kMaxGroups> reversed;
    int n = 0;
    for (; whole > 0; whole /= kGroup) reversed[n++] = static_cast<uint16_t>(whole % kGroup);
    weight = n - 1;
    while (n > 0) digits[count++] = reversed[--n];
    for (; scale >= 4; scale -= 4) {
      unit /= kGroup;
      digits[count++] = static_cast<uint16_t>(fraction / unit);
      fraction %= unit;
    }
    if (scale > 0) digits[count++] = static_cast<uint16_t>(static_cast<uint64_t>(fraction) * kSmallPowers[4 - scale]);
  }
};

}  // namespace

size_t encode_numeric(int128 value, uint8_t scale, char* out) {
  const bool negative = value < 0;
  const uint128 magnitude = negative ? -static_cast<uint128>(value) : static_cast<uint128>(value);
  Groups groups;
  if (magnitude <= UINT64_MAX && scale <= 19) {
    const auto small = static_cast<uint64_t>(magnitude);
    const uint64_t unit = kPowers[scale];
    groups.fill<uint64_t>(small / unit, small % unit, scale, unit);
  } else {
    const uint128 unit = power_of_ten(scale);
    groups.fill<uint128>(magnitude / unit, magnitude % unit, scale, unit);
  }
  // The server strips zeros only in front of what it computes itself, so they are stripped here.
  int first = 0;
  while (first < groups.count && groups.digits[first] == 0) ++first;
  int last = groups.count;
  while (last > first && groups.digits[last - 1] == 0) --last;
  char* p = put(out, static_cast<uint16_t>(last - first));
  p = put(p, static_cast<uint16_t>(last > first ? groups.weight - first : 0));
  p = put(p, static_cast<uint16_t>(negative ? 0x4000 : 0));
  p = put(p, uint16_t{scale});
  for (int i = first; i < last; ++i) p = put(p, groups.digits[i]);
  return static_cast<size_t>(p - out);
}

}  // namespace ingot::postgres
