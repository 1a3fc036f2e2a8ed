#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace ingot {

/// An object, as a listing or HEAD tells of it.
struct S3Object {
  std::string key;
  std::string etag;  ///< with its quotes
  uint64_t size = 0;
  int64_t last_modified_ns = 0;  ///< since 1970 UTC; of a listing in milliseconds, of HEAD in seconds
};

/// One page of a listing. An empty one may be the last.
struct S3ListPage {
  std::vector<S3Object> objects;
  std::vector<std::string> prefixes;  ///< "folders", where a delimiter was given
  std::string next;                   ///< the token of the next page; empty: this is the last
};

/// Reads a page of ListObjectsV2 whose keys are encoded (`encoding-type=url`). Error source_unreadable: it is none, or
/// it says that there is more and not where.
Result<S3ListPage> parse_s3_list_page(std::string_view xml);

}  // namespace ingot
