#include "core/byte_count.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "core/names.h"

namespace ingot {

namespace {

constexpr double kMost = 9007199254740992.0;  // 2^53: beyond, a double does not hold every number

constexpr std::array<std::pair<std::string_view, double>, 11> kUnits = {{{"", 1},
                                                                         {"b", 1},
                                                                         {"k", 1e3},
                                                                         {"kb", 1e3},
                                                                         {"kib", 1024},
                                                                         {"m", 1e6},
                                                                         {"mb", 1e6},
                                                                         {"mib", 1048576.0},
                                                                         {"g", 1e9},
                                                                         {"gb", 1e9},
                                                                         {"gib", 1073741824.0}}};

constexpr std::array<std::pair<std::string_view, uint64_t>, 3> kShown = {
    {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}};

}  // namespace

std::optional<uint64_t> parse_byte_count(std::string_view text) {
  const size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string unit = folded_name(text.substr(end));
  const auto found = std::find_if(kUnits.begin(), kUnits.end(), [&](const auto& known) { return known.first == unit; });
  const std::string number(text.substr(0, end));
  if (number.empty() || std::count(number.begin(), number.end(), '.') > 1 || found == kUnits.end()) return std::nullopt;
  const double bytes = std::strtod(number.c_str(), nullptr) * found->second;
  if (bytes > kMost) return std::nullopt;
  return static_cast<uint64_t>(bytes);
}

std::string byte_count_text(uint64_t bytes) {
  for (const auto& [unit, size] : kShown) {
    if (bytes >= size && bytes % size == 0) return fmt::format("{} {}", bytes / size, unit);
  }
  return fmt::format("{} B", bytes);
}

}  // namespace ingot
