#include "core/names.h"

#include <algorithm>
#include <vector>

namespace ingot {

namespace {

// Nobody mistypes a longer name; bounds the work when a whole file is pasted into a key.
constexpr size_t kLongestName = 128;

}  // namespace

std::string name_essence(std::string_view name) {
  std::string essence;
  for (const char c : name) {
    if (c == ' ' || c == '_' || c == '-' || c == '.') continue;
    essence += lower_ascii(c);
  }
  return essence;
}

// The optimal string alignment distance, by three rolling rows.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> two_up(b.size() + 1), up(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    std::swap(two_up, up);
    std::swap(up, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({up[j] + 1, row[j - 1] + 1, up[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], two_up[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::string nearest_name(std::string_view given, std::span<const std::string> valid) {
  if (given.size() > kLongestName) return {};
  const std::string wanted = name_essence(given);
  if (wanted.empty()) return {};
  std::string best;
  size_t best_distance = std::max<size_t>(1, wanted.size() / 3) + 1;
  for (const std::string& name : valid) {
    if (name.size() > kLongestName) continue;
    const std::string essence = name_essence(name);
    const size_t distance = edit_distance(wanted, essence);
    // An edit of every character is no likeness.
    if (distance < best_distance && distance < std::max(wanted.size(), essence.size())) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

std::string folded_name(std::string_view name) {
  std::string folded(name);
  std::transform(folded.begin(), folded.end(), folded.begin(), lower_ascii);
  return folded;
}

std::string join_names(std::span<const std::string> names) {
  std::string joined;
  for (const std::string& name : names) {
    if (&name != names.data()) joined += ", ";
    joined += name;
  }
  return joined;
}

}  // namespace ingot
