#pragma once

#include <string>

#include "ledger/ledger.h"

namespace ingot {

/// Returns `WHERE …` over `ingot.rejects j` in the SQL that both stores understand, or "" where all rejects are meant.
/// `also`: one more condition.
std::string where_rejects(const RejectFilter& filter, const std::string& also = {});

/// Returns the expression over `ingot.rejects j` by which rejects are grouped.
std::string reject_group(RejectsBy by);

/// The rejects `j`, each with the first of its record, `o`; the plan and the unit in which the record was read.
inline constexpr const char* kRejectsWithRoots = "ingot.rejects j LEFT JOIN ingot.rejects o ON o.id = j.origin";
inline constexpr const char* kRootColumns =
    "coalesce(o.plan, j.plan) AS root_plan, coalesce(o.unit, j.unit) AS root_unit";

/// Returns the SELECT of RejectedUnit's members, in order.
std::string select_rejected_units(const RejectFilter& filter);

/// Error busy: not all of `asked` rejects were open still.
Status check_resolved(uint64_t resolved, size_t asked);

/// Rejects that may be deleted: all but the newest, lest its number be given again.
inline constexpr const char* kMayBePurged = "j.state <> 'open' AND j.id < (SELECT max(id) FROM ingot.rejects)";

/// The order of RejectEntry in Ledger::for_each_reject, and that of Ledger::rejects.
inline constexpr const char* kRejectOrder = "ORDER BY j.pipeline, j.target, root_plan, root_unit, j.byte_offset, j.id";
inline constexpr const char* kNewestRejectsFirst = "ORDER BY j.run DESC, j.plan, j.unit, j.byte_offset, j.id";

}  // namespace ingot
