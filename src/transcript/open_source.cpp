#include "transcript/open_source.h"

#include "core/url.h"
#include "source/files/file_source.h"
#include "source/http/http_store.h"
#include "source/remote/remote_source.h"
#include "source/s3/s3_store.h"
#include "transcript/transcript_source.h"

namespace ingot {

namespace {

std::unique_ptr<ObjectStore> open_http(const Pipeline::From& from) {
  const RemoteOptions& remote = from.remote;
  return std::make_unique<HttpStore>(
      from.paths, HttpStoreOptions{remote.auth_header, remote.auth_value, remote.skip_missing, remote.max_requests});
}

std::unique_ptr<ObjectStore> open_s3(const Pipeline::From& from) {
  const RemoteOptions& remote = from.remote;
  return std::make_unique<S3Store>(
      S3Selection{from.paths, remote.manifest, remote.skip_missing, remote.max_requests, *remote.s3});
}

// By the scheme of the paths; null where they are files.
std::unique_ptr<ObjectStore> open_store(const Pipeline::From& from) {
  const std::string scheme = from.paths.empty() ? "" : scheme_of(from.paths.front());
  if (scheme == "http" || scheme == "https") return open_http(from);
  if (scheme == "s3") return open_s3(from);
  return nullptr;
}

}  // namespace

std::unique_ptr<Source> open_source(const Pipeline::From& from, const std::string& base_dir,
                                    const std::string& temp_dir) {
  const auto content = from.format == FormatKind::xlsx ? FileReader::Content::archive : FileReader::Content::records;
  const Expansion expansion{from.max_ratio, from.max_decompressed};
  std::unique_ptr<Source> files;
  if (auto store = open_store(from)) {
    files = std::make_unique<RemoteSource>(std::move(store), expansion, content);
  } else {
    files = std::make_unique<FileSource>(from.paths, base_dir, temp_dir, expansion, content);
  }
  if (!is_transcribed(from.format)) return files;
  return std::make_unique<TranscriptSource>(std::move(files), from, temp_dir);
}

}  // namespace ingot
