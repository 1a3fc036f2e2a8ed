#include "format/transcript/known_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "core/names.h"
#include "types/path.h"

namespace ingot::transcript {

namespace {

using Tree = nlohmann::ordered_json;

constexpr size_t kNamedFields = 20;

std::vector<std::string> names_of(const Tree& fields) {
  std::vector<std::string> names;
  for (const auto& [name, below] : fields.items()) names.push_back(name);
  return names;
}

std::string list_of_fields(const Tree& fields) {
  const std::vector<std::string> names = names_of(fields);
  std::string text;
  for (size_t i = 0; i < names.size() && i < kNamedFields; ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNamedFields) text += fmt::format(" and {} more", names.size() - kNamedFields);
  return text;
}

// Below what is no object nobody knows what there is.
bool has_field(const Tree& fields, const Path& path) {
  const Tree* at = &fields;
  for (const PathStep& step : path) {
    if (!at->is_object()) return true;
    if (step.index >= 0) return false;
    const auto found = at->find(step.key);
    if (found == at->end()) return false;
    at = &*found;
  }
  return true;
}

bool has_field(const Tree& fields, const Slot& slot) {
  if (slot.is_list()) return has_field(fields, slot.each);
  return slot.rest || slot.optional || std::any_of(slot.sources.begin(), slot.sources.end(), [&](const Path& path) {
           return has_field(fields, path);
         });
}

// The record as a whole, and what is left of it, take each; but for a record that is only looked at.
bool takes_field(const Slot& slot, const std::string& name) {
  const auto begins = [&](const Path& path) {
    return path.empty() ? !slot.optional : folded_name(path.front().key) == folded_name(name);
  };
  if (slot.is_list()) return begins(slot.each);
  return slot.rest || std::any_of(slot.sources.begin(), slot.sources.end(), begins);
}

Status refuse_untold(const Tree& fields, const std::vector<Slot>& slots) {
  for (const auto& field : fields.items()) {
    const std::string& name = field.key();
    const Tree& why = field.value();
    if (!why.is_array()) continue;
    if (std::none_of(slots.begin(), slots.end(), [&](const Slot& slot) { return takes_field(slot, name); })) continue;
    return fail(Code::source_unreadable, fmt::format("column {} {}", name, why.at(0).get_ref<const std::string&>()),
                why.at(1).get<std::string>());
  }
  return {};
}

}  // namespace

Status check_fields(std::string_view line, const std::vector<Slot>& slots) {
  const Tree fields = Tree::parse(line, nullptr, false);
  if (!fields.is_object()) return fail(Code::internal, "a transcript does not begin with its fields");
  INGOT_TRY(refuse_untold(fields, slots));
  std::string missing, hint;
  size_t count = 0;
  for (const Slot& slot : slots) {
    if (has_field(fields, slot)) continue;
    const Path& wanted = slot.is_list() ? slot.each : slot.sources.front();
    const std::string name = path_text(wanted);
    missing += (count++ == 0 ? "" : ", ") + name;
    const std::string near = nearest_name(wanted.front().key, names_of(fields));
    if (!near.empty() && near != name) hint += fmt::format("did you mean {} for {}? ", near, name);
  }
  if (count == 0) return {};
  return fail(Code::source_unreadable,
              fmt::format("the file lacks {}: {}", count == 1 ? "a column" : "columns", missing),
              hint + "it has: " + list_of_fields(fields));
}

}  // namespace ingot::transcript
