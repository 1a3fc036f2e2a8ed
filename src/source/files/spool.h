#pragma once

#include <memory>
#include <string>

#include "source/files/file_descriptor.h"
#include "source/files/stored_file.h"

namespace ingot {

/// Something that can be read only once (a pipe), made readable again. Immutable, hence thread-safe.
struct Spool {
  std::shared_ptr<const FileDescriptor> descriptor;  ///< to be read by offset only
  Stamp stamp;
};

/// Copies what `input` still gives into an unlinked temporary file below `temp_dir`, which nobody else can open and
/// which is gone with the process. A regular file at its beginning is used as it is. `name` is for messages. Errors:
/// source_unreadable, resource (disk full).
Result<Spool> spool(int input, const std::string& name, const std::string& temp_dir);

}  // namespace ingot
