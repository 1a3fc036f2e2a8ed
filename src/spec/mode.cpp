#include "spec/mode.h"

#include <algorithm>
#include <array>

namespace ingot {

namespace {

constexpr auto kRules = std::to_array<ModeRules>({
    // mode, name, key, updates, repeats, tombstones, replaces, partitions
    {Mode::append, "append", KeyUse::none, false, true, false, false, false},
    {Mode::upsert, "upsert", KeyUse::needed, true, false, false, false, false},
    {Mode::insert_new, "insert_new", KeyUse::needed, false, false, false, false, false},
    {Mode::merge_delete, "merge_delete", KeyUse::needed, true, false, true, false, false},
    {Mode::replace, "replace", KeyUse::optional, false, false, false, true, false},
    {Mode::replace_partitions, "replace_partitions", KeyUse::none, false, false, false, false, true},
});

}  // namespace

const ModeRules& rules_of(Mode mode) {
  return *std::find_if(kRules.begin(), kRules.end(), [&](const ModeRules& rules) { return rules.mode == mode; });
}

std::optional<Mode> mode_named(std::string_view name) {
  const auto found =
      std::find_if(kRules.begin(), kRules.end(), [&](const ModeRules& rules) { return rules.name == name; });
  return found == kRules.end() ? std::nullopt : std::optional(found->mode);
}

}  // namespace ingot
