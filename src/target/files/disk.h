#pragma once

#include <filesystem>
#include <set>

#include "core/error.h"

namespace ingot {

// What of a folder of files must last, or be done in one step. Errors: resource where there is no space, else
// target_refused.

/// Makes a folder with those above it. One that is there is no error.
Status make_folders(const std::filesystem::path& folder);

/// Returns once the content of a file, or the names in a folder, are on the disk.
Status sync_path(const std::filesystem::path& path);

/// Gives a file another name on the same disk, in one step; a file that has the name is gone then.
Status rename_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Removes a file. One that is not there is no error.
Status remove_file(const std::filesystem::path& file);

/// Are two folders on one disk, so that a file can go from one to the other in one step?
Result<bool> on_one_disk(const std::filesystem::path& a, const std::filesystem::path& b);

/// Is there a file in the folder, or in one below it? Empty folders may be left by a load that was killed.
bool has_files(const std::filesystem::path& folder);

}  // namespace ingot
