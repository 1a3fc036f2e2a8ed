#pragma once

#include "spec/pipeline.h"
#include "spec/reading.h"

namespace ingot {

/// The columns that `to.lineage` adds. A row's run is the one that made the plan (`ingot.plans.run`), its unit the
/// place in that plan (`ingot.units.unit`), its offset the record's first byte in the decompressed unit.
inline constexpr const char* kLineageRun = "_ingot_run";
inline constexpr const char* kLineageUnit = "_ingot_unit";
inline constexpr const char* kLineageOffset = "_ingot_offset";

/// Returns how an existing table (`table` as in SQL) gets these columns, as a hint.
std::string lineage_hint(const std::string& table);

namespace spec {

/// Adds the columns of lineage to a table's contract, computed from meta.*. `where` is the option's place.
void add_lineage(TableSpec& table, const Place& where, Reading& reading);

}  // namespace spec
}  // namespace ingot
