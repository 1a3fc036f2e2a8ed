#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "source/remote/object_store.h"

namespace ingot {

/// What is said to a web server beside URLs.
struct HttpStoreOptions {
  std::string auth_header;  ///< `Authorization`, or another; empty: none
  Secret auth_value;
  bool skip_missing = false;  ///< is what is not there (404, 410) passed over?
  int max_connections = 0;    ///< to one host at a time; 0: 128
};

/// Objects that are named by their URLs. A listing asks for the headers of each (HEAD, or a GET of one byte where that
/// is refused), many at a time. Thread-safe.
class HttpStore final : public ObjectStore {
 public:
  HttpStore(std::vector<std::string> urls, HttpStoreOptions options);
  ~HttpStore() override;

  Result<std::vector<RemoteObject>> list() override;
  std::vector<std::string> missing() const override;
  Result<HttpRequest> get(const RemoteObject& object) override;
  Result<HttpClient*> client() override;
  void interrupt() override { stop_ = true; }

 private:
  struct Listing {
    std::vector<RemoteObject> objects;  ///< of each URL; without a name: not there
    std::vector<size_t> refused;        ///< URLs whose server does not answer HEAD
    std::vector<std::string> missing;
  };

  HttpRequest request(const std::string& url) const;
  Status check_names() const;
  Status ask_by_head(Listing& listing);
  Status ask_by_range(Listing& listing);
  Status ask_by_get(size_t which, Listing& listing);
  Status note_missing(size_t which, const Error& error, Listing& listing) const;
  void describe(const HttpResponse& answer, RemoteObject& object) const;

  const std::vector<std::string> urls_;
  const HttpStoreOptions options_;
  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;
  std::vector<std::string> missing_;
  std::unique_ptr<HttpClient> client_;  // made when it is needed
};

}  // namespace ingot
