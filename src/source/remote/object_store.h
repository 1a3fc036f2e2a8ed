#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/http_client.h"
#include "source/source.h"

namespace ingot {

/// Something that lies elsewhere and is read by HTTP: what a listing says of it.
struct RemoteObject {
  std::string name;      ///< as the ledger and people know it; without secrets
  std::string location;  ///< for ObjectStore::get() only, and known once: a URL, a key
  std::optional<uint64_t> size;
  /// As the server wrote it, quotes included. A strong one (no `W/`) names the content: it alone is its identity.
  std::string etag;
  std::string version;        ///< of a store that keeps versions; identity likewise
  std::string last_modified;  ///< as the server wrote it
  int64_t modified_ns = 0;    ///< the same, since 1970; 0: unknown
  /// By the server's own clock: was it modified long enough ago that a second modification would show in the time?
  bool settled = true;
  bool ranges = false;  ///< may it be read from any place?

  bool has_identity() const { return !version.empty() || etag.starts_with('"'); }
};

/// Returns what the ledger keeps of an object. With an ETag (or version) equal stamps are equal contents; with
/// Last-Modified alone as far as a file's times tell; with neither no stamp equals another, and content decides.
Stamp stamp_of(const RemoteObject& object);

/// A place with objects. Thread-safe.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// Lists what there is, in the order in which it is loaded. Errors: those of Source::list().
  virtual Result<std::vector<RemoteObject>> list() = 0;

  /// Names of objects that list() was to find and did not, where that is no error.
  virtual std::vector<std::string> missing() const { return {}; }

  /// Returns the GET that reads an object: URL, credentials, hooks. Range and HttpExpectation are the caller's.
  virtual Result<HttpRequest> get(const RemoteObject& object) = 0;

  /// How the store is reached, and as whom, for people; known once list() has been called.
  virtual std::string reached_by() const { return {}; }

  /// The client that sends it.
  virtual Result<HttpClient*> client() = 0;

  /// Ends what is under way, and all that follows, with `interrupted`. Any thread.
  virtual void interrupt() = 0;
};

}  // namespace ingot
