#pragma once

#include <string>

#include "core/error.h"

namespace ingot {

/// Returns what a pipeline in `file` is to write behind `connection` to mean the same as the command line of this
/// process does: the path of a DuckDB file is made absolute where the pipeline lies elsewhere; in the place of a URL
/// with a password stands the environment variable that holds it. Error usage: there is none.
Result<std::string> saved_connection(const std::string& connection, const std::string& file);

}  // namespace ingot
