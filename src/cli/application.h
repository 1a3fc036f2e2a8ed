#pragma once

namespace ingot {

/// Parses the command line, runs the command, returns the exit code.
int run_application(int argc, char** argv);

}  // namespace ingot
