#pragma once

#include <functional>
#include <string>

#include "s3/s3_client.h"

namespace ingot {

/// Lists the objects below a prefix, several pages at a time where "folders" let it: where the first page is not all,
/// and what lies below the prefix falls into a few of them, each is listed by itself, and so on. Objects come in any
/// order, each once. Placeholders of folders (keys that end with a slash) are left out.
/// `deep`: else only objects whose keys have no slash behind the prefix. `visit` is called on the caller's thread; its
/// error ends the listing. Errors: those of S3Client::list().
Status for_each_s3_object(S3Client& client, const std::string& bucket, const std::string& prefix, bool deep,
                          const std::function<Status(S3Object)>& visit);

}  // namespace ingot
