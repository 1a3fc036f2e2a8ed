#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace ingot {

/// Returns the manual page, in roff's macros `man`: the commands and options of `app`, and the exit codes.
std::string man_page(const CLI::App& app);

}  // namespace ingot
