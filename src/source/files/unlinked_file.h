#pragma once

#include <cstddef>
#include <string>

#include "core/error.h"
#include "source/files/file_descriptor.h"

namespace ingot {

/// Makes a file in `temp_dir` that nobody else can open and that is gone with the process. Error resource.
Result<FileDescriptor> make_unlinked_file(const std::string& temp_dir);

/// Writes all of it. `temp_dir` is for messages. Error resource.
Status write_fully(int output, const char* data, size_t size, const std::string& temp_dir);

}  // namespace ingot
