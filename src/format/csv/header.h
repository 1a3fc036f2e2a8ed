#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "format/format.h"

namespace ingot::csv {

/// Returns what to call a slot in a message: its label, else its first path.
std::string slot_name(const Slot& slot);

/// Returns the field that one of a slot's sources says by its place (`[2]` is the third), or nothing.
std::optional<uint32_t> field_by_place(const Slot& slot);

/// A first record, looked at as a header.
class Header {
 public:
  explicit Header(const std::vector<std::string>& names) : names_(names) {}

  /// Returns how many slots have a source among the names; places are none.
  size_t count_slots(const std::vector<Slot>& slots) const;

  /// Returns each slot's field. Errors: names that are missing, all in one message; a wanted name that occurs twice.
  Result<std::vector<uint32_t>> find_slots(const std::vector<Slot>& slots) const;

  /// Returns the fields, ascending, that no slot names as a source.
  std::vector<uint32_t> find_undeclared(const std::vector<Slot>& slots) const;

  /// Refuses undeclared fields where `drift` says so, and those of one name that are to be kept apart by it. Errors:
  /// source_unreadable.
  Status check_undeclared(const std::vector<uint32_t>& fields, Drift drift) const;

  /// Refuses a record that holds no slot's name and yet looks like a header, which must not be loaded as a row: a name
  /// that is nearly a slot's, or, where there are columns that are not text, nothing in them that reads as a value
  /// though all of it begins with a letter.
  Status check_is_data(const std::vector<Slot>& slots, const std::vector<int>& positions) const;

 private:
  struct Match {
    uint32_t field = 0;
    bool twice = false;
  };
  std::optional<Match> find(const Slot& slot) const;
  std::optional<Match> find_path(const Path& path) const;
  std::optional<Match> find_name(const std::string& name) const;
  std::string list() const;

  const std::vector<std::string>& names_;
};

}  // namespace ingot::csv
