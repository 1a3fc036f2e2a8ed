#pragma once

namespace ingot {

/// Marks a numbered step of a run. Does nothing unless the environment variable INGOT_CRASH_AT is set when the first
/// point is passed: `N` kills the process (SIGKILL, as a power cut would) at the N-th point passed, `NAME` at the first
/// point of that name, `NAME:K` at its K-th. With INGOT_CRASH_LIST=FILE the names passed are appended to FILE instead.
/// For tests; docs/crash-matrix.md lists the points.
void crash_point(const char* name);

}  // namespace ingot
