#pragma once

#include <string_view>

#include "core/error.h"

namespace ingot {

/// Makes the error of a system call: `WHAT: "PATH" (STRERROR)`. `resource` where memory, disk or descriptors ran
/// out, source_unreadable else.
Error file_error(std::string_view what, std::string_view path, int error_number);

}  // namespace ingot
