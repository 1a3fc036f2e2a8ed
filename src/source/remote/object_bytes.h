#pragma once

#include <memory>
#include <string>

#include "source/remote/object_store.h"

namespace ingot {

/// The stored bytes of an object, from some place on. One thread at a time.
class ObjectBytes {
 public:
  virtual ~ObjectBytes() = default;
  /// Fills up to `capacity` (> 0) bytes; 0 is the end, where all of them have come.
  virtual Result<size_t> read(char* out, size_t capacity) = 0;
};

/// Returns the request for an object's bytes from `offset` on, or for `length` of them: only this version of it will
/// do.
Result<HttpRequest> request_for(ObjectStore& store, const RemoteObject& object, uint64_t offset = 0,
                                std::optional<uint64_t> length = std::nullopt);

/// Reads what was fetched whole.
std::unique_ptr<ObjectBytes> read_body(std::shared_ptr<const std::string> body, uint64_t offset);

/// Reads over one connection. Errors: those of HttpClient::open().
Result<std::unique_ptr<ObjectBytes>> read_stream(ObjectStore& store, const RemoteObject& object, uint64_t offset);

/// Reads by several ranges at a time, of which at most 24 MiB are held. The object must have a size, an identity and
/// ranges.
Result<std::unique_ptr<ObjectBytes>> read_ranges(ObjectStore& store, const RemoteObject& object, uint64_t offset);

}  // namespace ingot
