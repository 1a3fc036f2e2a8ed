#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "s3/s3_client.h"
#include "s3/s3_url.h"
#include "source/remote/object_store.h"
#include "source/s3/key_pattern.h"
#include "spec/s3_connection.h"

namespace ingot {

/// What is read of S3.
struct S3Selection {
  std::vector<std::string> paths;  ///< `s3://BUCKET/KEY`, or patterns
  std::string manifest;            ///< an object whose lines name objects beside it; empty: the bucket is listed
  bool skip_missing = false;       ///< is one that the manifest names and that is not there no error?
  int max_requests = 0;            ///< to one host at a time; 0: the client's own
  S3Options connection;
};

/// Objects in buckets. A path without wildcards is asked for by its name, and stands for all below it where there is no
/// such object but some below it. A pattern lists what its fixed beginning lets it. With a manifest only what it names
/// is asked for, and of that what one of the paths matches. Order: paths as given; within one bytewise by key, with a
/// manifest in its order; a name that occurs twice keeps its first place.
class S3Store final : public ObjectStore {
 public:
  explicit S3Store(S3Selection selection) : selection_(std::move(selection)) {}

  Result<std::vector<RemoteObject>> list() override;
  std::vector<std::string> missing() const override;
  Result<HttpRequest> get(const RemoteObject& object) override;
  Result<HttpClient*> client() override;
  void interrupt() override { stopped_ = true; }
  std::string reached_by() const override;

 private:
  Result<std::shared_ptr<S3Client>> s3();
  Result<std::vector<RemoteObject>> list_path(S3Client& client, const std::string& path);
  Result<std::vector<RemoteObject>> list_exactly(S3Client& client, const S3Url& url);
  Result<std::vector<RemoteObject>> list_pattern(S3Client& client, const std::string& bucket,
                                                 const KeyPattern& pattern);
  Result<std::vector<RemoteObject>> list_manifest(S3Client& client);
  static Status check_bucket(S3Client& client, const S3Url& url);
  Result<std::vector<RemoteObject>> ask_for(S3Client& client, const std::vector<S3Url>& named);

  const S3Selection selection_;
  std::atomic<bool> stopped_{false};
  mutable std::mutex mutex_;
  std::shared_ptr<HttpClient> http_;
  std::shared_ptr<S3Client> client_;
  std::vector<std::string> missing_;
};

}  // namespace ingot
