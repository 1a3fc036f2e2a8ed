#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "s3/s3_url.h"

namespace ingot {

/// Reads a list of objects, one a line; blank lines are no names, a CR before the line's end is no part of one. A name
/// is a key beside `manifest` (below its folder), or a whole `s3://…`. A name that occurs twice counts once. Errors:
/// source_unreadable (bytes that are no text, a line that is no name).
Result<std::vector<S3Url>> parse_manifest(std::string_view text, const S3Url& manifest);

}  // namespace ingot
