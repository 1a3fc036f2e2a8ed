#include "s3/s3_error.h"

#include <fmt/format.h>

#include "xml/xml_reader.h"

namespace ingot {

namespace {

constexpr size_t kMostShown = 300;  // of what a server says

std::string code_by_status(int status) {
  switch (status) {
    case 301:
    case 307:
      return "PermanentRedirect";
    case 400:
      return "BadRequest";
    case 401:
    case 403:
      return "AccessDenied";
    case 404:
      return "NoSuchKey";
    case 412:
      return "PreconditionFailed";
    default:
      return fmt::format("HTTP {}", status);
  }
}

void read_body(const std::string& body, S3Fault& fault) {
  std::string text;
  int depth = 0;
  XmlReader::Handlers handlers;
  handlers.begin = [&](std::string_view, const XmlReader::Attributes&) {
    ++depth;
    text.clear();
  };
  handlers.text = [&](std::string_view more) { text += more; };
  handlers.end = [&](std::string_view name) {
    if (--depth != 1) return;
    if (name == "Code") fault.code = text;
    if (name == "Message") fault.message = text.substr(0, kMostShown);
    if (name == "Region") fault.region = text;
    if (name == "RequestId" && fault.request_id.empty()) fault.request_id = text;
  };
  (void)XmlReader(std::move(handlers)).read(body, true);  // what is not XML says nothing
}

std::string resource_of(const S3Subject& subject) {
  return fmt::format("arn:aws:s3:::{}{}", subject.bucket, subject.key.empty() ? "" : "/" + subject.key);
}

std::string lacks(const S3Subject& subject, const std::string& who) {
  if (who.empty())
    return fmt::format(
        "nothing is signed (anonymous: true), and the bucket is not public: {} on {} is not for everybody",
        subject.operation, resource_of(subject));
  std::string hint = fmt::format("the credentials of {} lack {} on {}", who, subject.operation, resource_of(subject));
  if (!subject.key.empty())
    hint += "; an object that is not there is answered so, too, where s3:ListBucket is not granted";
  return hint;
}

std::string hint_of(const S3Fault& fault, const S3Subject& subject, const std::string& who) {
  const std::string& code = fault.code;
  if (code == "AccessDenied" || code == "AllAccessDisabled" || code == "AccountProblem") return lacks(subject, who);
  if (code == "InvalidAccessKeyId")
    return fmt::format(
        "the server does not know the access key of {}: it was deleted, or is another server's (an "
        "endpoint is missing?)",
        who);
  if (code == "SignatureDoesNotMatch") return fmt::format("the secret key of {} is not the one of its access key", who);
  if (code == "ExpiredToken" || code == "TokenRefreshRequired")
    return fmt::format("the session of {} has ended, and nothing renews it: begin a new one", who);
  if (code == "InvalidToken") return fmt::format("the session token of {} is not for its access key", who);
  if (code == "RequestTimeTooSkewed") return "this machine's clock is wrong";
  if (code == "NoSuchBucket") return "is the name right? A bucket of another server needs an endpoint";
  if (code == "NoSuchKey") return "keys are case-sensitive; ingot preview lists what a pattern matches";
  if (code == "InvalidObjectState") return "the object is archived (Glacier): restore it first";
  if (code == "AuthorizationHeaderMalformed" || code == "PermanentRedirect" ||
      code == "IllegalLocationConstraintException")
    return fault.region.empty() ? "the bucket is in another region: say region: in its connection"
                                : fmt::format("the bucket is in region {}: say region: {}", fault.region, fault.region);
  if (code == "InvalidBucketName") return "letters in lower case, digits, - and . only, 3 to 63 of them";
  if (code == "RequestPayerRequired" || code == "AccessDeniedRequestPayer") return "say requester_pays: true";
  return {};
}

// An object that is gone is something else than a bucket that was never there.
Code code_of(const S3Fault& fault, const S3Subject& subject, int status) {
  if (fault.code == "NoSuchKey" || fault.code == "NoSuchVersion") return Code::not_found;
  if (fault.code == "NoSuchBucket") return subject.key.empty() ? Code::not_found : Code::source_unreadable;
  if (status == 412 || status == 416) return Code::source_changed;
  return Code::source_unreadable;
}

}  // namespace

S3Fault read_s3_fault(const HttpResponse& answer) {
  S3Fault fault;
  read_body(answer.body, fault);
  // A page of somebody in between says nothing of the object.
  if (fault.code.empty() && answer.status == 404 && !answer.body.empty()) fault.code = "HTTP 404";
  if (fault.code.empty()) fault.code = code_by_status(answer.status);
  if (fault.region.empty()) fault.region = answer.headers.get("x-amz-bucket-region");
  if (const auto id = answer.headers.find("x-amz-request-id")) fault.request_id = *id;
  return fault;
}

Error explain_s3_fault(const S3Fault& fault, int status, const S3Subject& subject, const std::string& who) {
  const Code code = code_of(fault, subject, status);
  std::string what;
  if (code == Code::not_found) {
    what = fmt::format("{} does not exist: {}", fault.code == "NoSuchBucket" ? "the bucket" : "the object",
                       subject.text());
  } else if (code == Code::source_changed) {
    what = fmt::format("the object has changed since it was listed: {}", subject.text());
  } else {
    what = fmt::format("{} on {} of {}", fault.code, subject.operation, subject.text());
  }
  if (!fault.message.empty() && code == Code::source_unreadable && fault.code != "AccessDenied")
    what += fmt::format(": {}", fault.message);
  if (!fault.request_id.empty()) what += fmt::format(" (request {})", fault.request_id);
  std::string hint = code == Code::source_changed ? "run again" : hint_of(fault, subject, who);
  return {code, std::move(what), std::move(hint), std::nullopt};
}

}  // namespace ingot
