#pragma once

#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "spec/pipeline.h"

namespace ingot {

// SQL that both targets understand, over a row `t` of the target, a staged record, and the place `o` where that was
// read.

/// Do the table's rows say where they come from?
bool lineage_of(const TableSpec& spec);

/// `(VALUES …) o(unit, run, read_unit, doubtful, deletions)`.
std::string replay_orders(const std::vector<ReplayOrder>& replay);

/// The condition under which `t` is known to have been written by an earlier record than the staged one, whose run (the
/// replay's own), unit and offset are given. Never NULL. A row that an earlier unit of the same replay wrote is such;
/// with `keep: first` nothing is that the record might have shared a commit with.
std::string written_earlier(Keep keep, const std::string& run, const std::string& unit, const std::string& offset);

/// What the condition for a conflict is made of, each a condition over `t`, which may be missing, and the record.
struct ConflictSql {
  std::string there;      ///< has the table a row of the key?
  std::string tombstone;  ///< does the record delete it?
  std::string differs;
  std::string earlier;  ///< see written_earlier
};
/// The condition under which a record is not to be written, because a later one may have: it would change a row, or
/// bring one back. Never NULL.
std::string is_conflict(const ConflictSql& sql);

}  // namespace ingot
