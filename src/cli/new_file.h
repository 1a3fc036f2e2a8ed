#pragma once

#include <string>

#include "core/error.h"

namespace ingot {

/// Error usage: there is a file of this name already.
Status check_new_file(const std::string& file);

/// Writes a file that must not be there yet. A reader sees all of it or nothing.
Status write_new_file(const std::string& file, const std::string& text);

}  // namespace ingot
