#pragma once

#include <string>
#include <vector>

#include "spec/pipeline.h"
#include "spec/reading.h"

namespace ingot {

/// The columns that mode scd2 adds: since when a version of a key's row holds, and until when (not including it); NULL:
/// it is the current one. timestamptz.
inline constexpr const char* kValidFrom = "valid_from";
inline constexpr const char* kValidTo = "valid_to";

/// What tells any two rows of a keyed table apart: the key; where versions are kept, also when they began.
std::vector<std::string> row_key(const TableSpec& table);

/// Returns how an existing table (`table` as in SQL) gets these columns, as a hint.
std::string history_hint(const std::string& table);
/// What to do about a table that is unique by the key alone, as a hint.
std::string single_version_hint(const TableSpec& table);

namespace spec {

/// Adds the columns of history to a table's contract. A version begins at the time of the plan; under `commit: unit`
/// one microsecond later for each unit before it, so that the units of a plan follow one another.
void add_history(TableSpec& table, CommitScope commit, Reading& reading);

}  // namespace spec
}  // namespace ingot
