#pragma once

#include "spec/pipeline.h"
#include "spec/reading.h"

namespace ingot::spec {

/// Is the table of this mapping the child of another?
bool is_child_table(const Node& table);

/// Reads `parent`, `each` and `columns` of a table whose section was checked into `table`; `pipeline` has the tables
/// that are declared before it.
void read_child_table(Entry& entry, Pipeline& pipeline, TableSpec& table, Reading& reading);

}  // namespace ingot::spec
