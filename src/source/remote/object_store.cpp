#include "source/remote/object_store.h"

#include <fmt/format.h>
#include <xxhash.h>

#include "core/clock.h"

namespace ingot {

Stamp stamp_of(const RemoteObject& object) {
  Stamp stamp;
  stamp.size = object.size.value_or(0);
  stamp.mtime_ns = object.modified_ns;
  const std::string& exact = object.version.empty() ? object.etag : object.version;
  const std::string identity = object.has_identity() ? exact : object.etag + "\n" + object.last_modified;
  const bool known = object.has_identity() || (!object.last_modified.empty() && object.settled && object.size);
  if (!known) {
    stamp.ctime_ns = now_micros() * 1000;  // unlike any other
    return stamp;
  }
  stamp.inode = ::XXH3_64bits(identity.data(), identity.size()) | 1;
  if (object.has_identity()) {
    // Written again with the same bytes it is the same; and the time is told differently by listings and answers.
    stamp.ctime_ns = Stamp::kByVersion;
    stamp.mtime_ns = 0;
  }
  return stamp;
}

}  // namespace ingot
