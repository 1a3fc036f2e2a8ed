#include "format/csv/header.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/names.h"
#include "format/csv/index.h"
#include "format/unknown_field.h"
#include "types/array_text.h"
#include "types/exact.h"

namespace ingot::csv {

namespace {

constexpr size_t kListed = 20;  // names shown in a message

bool is_letter(char c) { return lower_ascii(c) >= 'a' && lower_ascii(c) <= 'z'; }

bool same_but_case(std::string_view a, std::string_view b) { return folded_name(a) == folded_name(b); }

/// Is `name` so much like `wanted` that it can hardly be a value? (`Nate` is near to `name`, and is a value.)
bool misspelt(std::string_view wanted, std::string_view name) {
  const std::string a = name_essence(wanted), b = name_essence(name);
  return a.size() >= 3 && b.size() < a.size() + 2 && (a == b || (a.size() >= 5 && edit_distance(a, b) <= 1));
}

const std::string* source_name(const Path& path) {
  return path.size() == 1 && path[0].index < 0 ? &path[0].key : nullptr;
}

bool reads_as(std::string_view text, const Type& type) {
  const auto reads = [&]<class T>(T, auto parse) {
    T value{};
    return parse(text, value) == Fault::none;
  };
  switch (type.kind) {
    case Kind::boolean:
      return reads(bool{}, exact::to_boolean);
    case Kind::int16:
      return reads(int16_t{}, exact::to_int16);
    case Kind::int32:
      return reads(int32_t{}, exact::to_int32);
    case Kind::int64:
      return reads(int64_t{}, exact::to_int64);
    case Kind::float32:
      return reads(float{}, exact::to_float32);
    case Kind::float64:
      return reads(double{}, exact::to_float64);
    case Kind::date:
      return reads(int32_t{}, exact::to_date);
    case Kind::timestamp:
      return reads(int64_t{}, exact::to_timestamp);
    case Kind::timestamptz:
      return reads(int64_t{}, exact::to_timestamptz);
    case Kind::time:
      return reads(int64_t{}, exact::to_time);
    case Kind::interval:
      return reads(exact::Interval{}, exact::to_interval);
    case Kind::binary: {
      std::string bytes(exact::binary_size(text, type.encoding), '\0');
      return exact::to_binary(text, type.encoding, bytes.data()) == Fault::none;
    }
    case Kind::array:
      return exact::read_array(text, type.element, [&](const auto& element) {
               return !element || reads_as(*element, element_type(type)) ? Fault::none : Fault::not_an_array;
             }) == Fault::none;
    case Kind::json:
      return exact::check_json(text) == Fault::none;
    case Kind::decimal: {
      exact::int128 value{};
      return exact::to_decimal(text, type.precision, type.scale, value) == Fault::none;
    }
    case Kind::uuid: {
      uint64_t high = 0, low = 0;
      return exact::to_uuid(text, high, low) == Fault::none;
    }
    case Kind::text:
      break;
  }
  return true;
}

bool reads_as_form(std::string_view text, const Slot& slot) {
  bool truth = false;
  int32_t days = 0;
  int64_t micros = 0;
  std::string number;
  switch (slot.type.kind) {
    case Kind::boolean:
      return slot.form->to_boolean(text, truth) == Fault::none;
    case Kind::date:
      return slot.form->to_date(text, days) == Fault::none;
    case Kind::time:
    case Kind::timestamp:
    case Kind::timestamptz:
      return slot.form->to_micros(text, micros) == Fault::none;
    default:
      return !slot.form->number || slot.form->number->read(text, number);
  }
}

bool reads_as(std::string_view text, const Slot& slot) {
  if (slot.form && slot.form->is_null(text)) return true;
  return slot.form && slot.form->parses() ? reads_as_form(text, slot) : reads_as(text, slot.type);
}

}  // namespace

std::string slot_name(const Slot& slot) {
  if (!slot.label.empty()) return slot.label;
  return slot.sources.empty() ? "record" : path_text(slot.sources[0]);
}

std::optional<uint32_t> field_by_place(const Slot& slot) {
  for (const Path& path : slot.sources) {
    if (path.size() == 1 && path[0].index >= 0) return static_cast<uint32_t>(path[0].index);
  }
  return std::nullopt;
}

std::optional<Header::Match> Header::find_name(const std::string& name) const {
  const auto search = [&](auto same) -> std::optional<Match> {
    std::optional<Match> match;
    for (uint32_t i = 0; i < names_.size(); ++i) {
      if (!same(names_[i])) continue;
      if (match) return Match{match->field, true};
      match = Match{i, false};
    }
    return match;
  };
  if (auto match = search([&](const std::string& other) { return other == name; })) return match;
  auto match = search([&](const std::string& other) { return same_but_case(other, name); });
  return match && !match->twice ? match : std::nullopt;
}

std::optional<Header::Match> Header::find_path(const Path& path) const {
  const int position = path.size() == 1 ? path[0].index : -1;
  if (position >= 0 && static_cast<size_t>(position) < names_.size())
    return Match{static_cast<uint32_t>(position), false};
  const std::string* name = source_name(path);
  return name == nullptr ? std::nullopt : find_name(*name);
}

std::optional<Header::Match> Header::find(const Slot& slot) const {
  for (const Path& path : slot.sources) {
    if (auto match = find_path(path)) return match;
  }
  return std::nullopt;
}

size_t Header::count_slots(const std::vector<Slot>& slots) const {
  const auto named = [&](const Path& path) {
    const std::string* name = source_name(path);
    return name != nullptr && find_name(*name).has_value();
  };
  return static_cast<size_t>(std::count_if(slots.begin(), slots.end(), [&](const Slot& slot) {
    return std::any_of(slot.sources.begin(), slot.sources.end(), named);
  }));
}

std::string Header::list() const {
  std::string text;
  for (size_t i = 0; i < names_.size() && i < kListed; ++i) {
    text += (i == 0 ? "" : ", ") + names_[i];
  }
  if (names_.size() > kListed) text += fmt::format(" and {} more", names_.size() - kListed);
  return text;
}

std::vector<uint32_t> Header::find_undeclared(const std::vector<Slot>& slots) const {
  std::vector<bool> declared(names_.size());
  for (const Slot& slot : slots) {
    for (const Path& path : slot.sources) {
      if (const auto match = find_path(path)) declared[match->field] = true;
    }
  }
  std::vector<uint32_t> fields;
  for (uint32_t i = 0; i < names_.size(); ++i) {
    if (!declared[i]) fields.push_back(i);
  }
  return fields;
}

Status Header::check_undeclared(const std::vector<uint32_t>& fields, Drift drift) const {
  if (fields.empty() || drift == Drift::ignore) return {};
  if (drift != Drift::rescue) return fail(unknown_field(names_[fields.front()]));
  std::set<std::string_view> seen;
  for (const uint32_t field : fields) {
    if (!seen.insert(names_[field]).second)
      return fail(Code::source_unreadable,
                  "the header names a column twice, and drift: rescue keeps each by its name: " + names_[field]);
  }
  return {};
}

Result<std::vector<uint32_t>> Header::find_slots(const std::vector<Slot>& slots) const {
  std::vector<uint32_t> fields;
  std::vector<std::string> missing;
  std::string hint;
  for (const Slot& slot : slots) {
    if (slot.rest) {
      fields.push_back(kNoField);
      continue;
    }
    const std::optional<Match> match = find(slot);
    if (match && match->twice) {
      const std::string& name = names_[match->field];
      const auto again = std::find(names_.begin() + match->field + 1, names_.end(), name) - names_.begin();
      return fail(
          Code::source_unreadable, "the header names a column twice: " + name,
          fmt::format("say which field is meant, by its place: from: \"[{}]\" or \"[{}]\"", match->field, again));
    }
    if (match) {
      fields.push_back(match->field);
      continue;
    }
    if (slot.optional) {
      fields.push_back(kNoField);
      continue;
    }
    const std::string* name = slot.sources.empty() ? nullptr : source_name(slot.sources[0]);
    const std::string shown = name != nullptr ? *name : slot_name(slot);
    if (std::find(missing.begin(), missing.end(), shown) != missing.end()) continue;
    missing.push_back(shown);
    if (name == nullptr && !slot.sources.empty() && slot.sources[0].size() == 1) {
      hint += fmt::format("{} is a field's place, from 0: the header has {} fields. ", path_text(slot.sources[0]),
                          names_.size());
    } else if (name == nullptr) {
      hint += shown + ": CSV fields have no parts; put a name with a point in double quotes. ";
    } else if (const std::string near = nearest_name(shown, names_); !near.empty()) {
      hint += fmt::format("did you mean {} for {}? ", near, shown);
    }
  }
  if (missing.empty()) return fields;
  return fail(
      Code::source_unreadable,
      fmt::format("the header lacks {}: {}", missing.size() == 1 ? "a column" : "columns", fmt::join(missing, ", ")),
      hint + "the header has: " + list());
}

Status Header::check_is_data(const std::vector<Slot>& slots, const std::vector<int>& positions) const {
  size_t typed = 0, wordy = 0;
  for (size_t i = 0; i < slots.size(); ++i) {
    const std::string* name = slots[i].sources.empty() ? nullptr : source_name(slots[i].sources[0]);
    const auto near = std::find_if(names_.begin(), names_.end(),
                                   [&](const std::string& other) { return name != nullptr && misspelt(*name, other); });
    if (near != names_.end()) {
      return fail(Code::source_unreadable, fmt::format("the header lacks a column: {}", *name),
                  fmt::format("did you mean {}? If the first record is no header, say header: false", *near));
    }
    if (slots[i].type.kind == Kind::text || i >= positions.size() || positions[i] < 0) continue;
    const auto position = static_cast<size_t>(positions[i]);
    if (position >= names_.size() || names_[position].empty()) continue;
    ++typed;
    wordy += is_letter(names_[position][0]) && !reads_as(names_[position], slots[i]);
  }
  if (typed > 0 && wordy < typed) return {};
  // Where every column is text, only a field that could not be a name tells a row from another header.
  const bool could_be_names = std::all_of(names_.begin(), names_.end(), [](const std::string& name) {
    return name.empty() || is_letter(name[0]) || static_cast<unsigned char>(name[0]) >= 0x80;
  });
  if (typed == 0 && !could_be_names) return {};
  return fail(Code::source_unreadable,
              typed == 0 ? "the first record names none of the columns, and may be another header or a row"
                         : "the first record is neither the declared header nor a row",
              (names_.size() == 1 && slots.size() > 1 ? "is the delimiter right (from.delimiter)? Else " : "") +
                  std::string("say header: false if the file has none; its first record is: ") + list());
}

}  // namespace ingot::csv
