#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ingot {

/// What a load does with its rows.
enum class Mode : uint8_t { append, upsert, insert_new, merge_delete, replace, replace_partitions, scd2 };

/// What a mode makes of an option.
enum class Use : uint8_t { none, optional, needed };

/// What sets a mode apart. Whoever behaves differently by mode asks here.
struct ModeRules {
  Mode mode;
  std::string_view name;  ///< as written in `mode:`
  /// Where there is a key it says whether the table holds a row: of a repeated key one record stays, units commit in
  /// order, and the table has a unique index on it.
  Use key;
  /// A row that the table holds is changed where it differs. Without it the table's row stays as it is, and the record
  /// is *duplicate*.
  bool updates;
  /// A file that is loaded again doubles its rows.
  bool repeats;
  /// Records for which `delete_when` is true are tombstones: the row of their key is deleted (or closed, see versions).
  Use tombstones;
  /// The table's rows are deleted before those of the load come in: all units are read, and all commit together.
  bool replaces;
  /// Likewise, but only the rows of those partitions (values of `partition_by`) that the load has rows of.
  bool partitions;
  /// Every version of a row is kept (spec/history.h): one that differs is closed instead of changed, and the record
  /// becomes the current row of its key.
  bool versions;

  /// Can `order_by` decide which of two records of a key is the later one? (A row that was deleted does not say.)
  bool orders() const { return updates && tombstones != Use::needed; }
  /// Can a row be known to be *unchanged* by comparing all that would be written with what the table holds?
  bool compares() const { return updates && tombstones == Use::none && !versions; }
};

const ModeRules& rules_of(Mode mode);

/// Returns the mode of this name, or nothing.
std::optional<Mode> mode_named(std::string_view name);

}  // namespace ingot
