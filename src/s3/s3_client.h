#pragma once

#include <future>
#include <memory>
#include <string>

#include "net/http_client.h"
#include "s3/s3_config.h"
#include "s3/s3_error.h"
#include "s3/s3_list_page.h"

namespace ingot {

/// Requests to the buckets of one S3 server, or of AWS: signed anew at each attempt, sent to where the bucket turns out
/// to be, with credentials that are renewed in time, and with errors that name operation, object, request and cure.
/// Thread-safe.
class S3Client {
 public:
  /// Errors: those of decide_s3_config(). Credentials are not looked for yet.
  static Result<std::shared_ptr<S3Client>> make(std::shared_ptr<HttpClient> http, const S3Options& options);

  HttpClient& http() const { return *http_; }
  const S3Config& config() const;

  /// Finds credentials, or renews those that expire soon: may ask the network. To be called before requests are sent,
  /// lest one of the client's threads does it. Error source_unreadable.
  Status prepare();

  /// Where the credentials are from; empty where nothing is signed. Known after prepare().
  std::string signer() const;

  /// Makes a request, to be sent by http(). `query`: encoded, without `?`.
  HttpRequest request(std::string method, S3Subject subject, std::string query) const;

  /// GET of an object.
  HttpRequest get(const std::string& bucket, const std::string& key) const;

  /// Asks for an object by its name. Errors: not_found, source_unreadable.
  Result<S3Object> head(const std::string& bucket, const std::string& key);
  std::future<Result<HttpResponse>> submit_head(const std::string& bucket, const std::string& key) const;

  /// Which page of a listing is wanted.
  struct ListRequest {
    std::string bucket;
    std::string prefix;
    bool folders = false;  ///< keys up to the next slash only, and what lies below as prefixes
    std::string token;     ///< of the page before; empty: the first
    int max_keys = 1000;   ///< as many as a server sends at most
  };

  /// Asks for a page. Errors of the answer: not_found (no such bucket), source_unreadable.
  std::future<Result<HttpResponse>> submit(const ListRequest& list) const;
  Result<S3ListPage> list(const ListRequest& list);

 private:
  struct State;
  S3Client(std::shared_ptr<HttpClient> http, std::shared_ptr<State> state);

  std::shared_ptr<HttpClient> http_;
  std::shared_ptr<State> state_;
};

/// Returns what the answer to a HEAD says of the object.
S3Object s3_object_of(const std::string& key, const HttpResponse& head);

}  // namespace ingot
