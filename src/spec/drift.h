#pragma once

#include "spec/pipeline.h"
#include "spec/reading.h"

namespace ingot {

/// The column that `drift: rescue` adds to every table.
inline constexpr const char* kRescueColumn = "_rescued";

namespace spec {

/// Reads `drift`, and adds the column that it brings. The tables have been read.
void read_drift(Node& root, Pipeline& pipeline, Reading& reading);

}  // namespace spec
}  // namespace ingot
