#pragma once

#include <string>
#include <string_view>

#include "core/error.h"
#include "net/http_message.h"

namespace ingot {

/// What a request was about, for messages.
struct S3Subject {
  std::string operation;  ///< as policies name it: `s3:GetObject`
  std::string bucket;
  std::string key;  ///< empty: the bucket

  std::string text() const { return key.empty() ? "s3://" + bucket : "s3://" + bucket + "/" + key; }
};

/// What an answer that is an error says of itself.
struct S3Fault {
  std::string code;  ///< `NoSuchKey`; by the status where nothing is said, as after HEAD
  std::string message;
  std::string region;      ///< where the bucket is, if the answer tells
  std::string request_id;  ///< for those who run the server
};

/// Reads the answer's headers and its body, as far as that is XML.
S3Fault read_s3_fault(const HttpResponse& answer);

/// Makes of it what a person is told. `who`: where the credentials are from; empty: nothing was signed. Code not_found
/// is an object that is not there, or the bucket of a listing; everything else is source_unreadable or source_changed.
Error explain_s3_fault(const S3Fault& fault, int status, const S3Subject& subject, const std::string& who);

}  // namespace ingot
