#include "spec/mode.h"

#include <algorithm>
#include <array>

namespace ingot {

namespace {

constexpr auto kRules = std::to_array<ModeRules>({
    // mode, name, key, updates, repeats, tombstones, replaces, partitions, versions
    {Mode::append, "append", Use::none, false, true, Use::none, false, false, false},
    {Mode::upsert, "upsert", Use::needed, true, false, Use::none, false, false, false},
    {Mode::insert_new, "insert_new", Use::needed, false, false, Use::none, false, false, false},
    {Mode::merge_delete, "merge_delete", Use::needed, true, false, Use::needed, false, false, false},
    {Mode::replace, "replace", Use::optional, false, false, Use::none, true, false, false},
    {Mode::replace_partitions, "replace_partitions", Use::none, false, false, Use::none, false, true, false},
    {Mode::scd2, "scd2", Use::needed, true, false, Use::optional, false, false, true},
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
