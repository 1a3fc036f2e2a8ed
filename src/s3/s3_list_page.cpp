#include "s3/s3_list_page.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

#include "s3/s3_url.h"
#include "xml/xml_reader.h"

namespace ingot {

namespace {

// `2009-10-12T17:50:30.000Z`; 0 where it is none.
int64_t parse_time(const std::string& text) {
  using namespace std::chrono;
  int y = 0, mon = 0, d = 0, h = 0, min = 0, s = 0, ms = 0;
  if (std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%d.%3d", &y, &mon, &d, &h, &min, &s, &ms) < 6) return 0;
  const sys_days day = year{y} / mon / d;
  const auto time = day.time_since_epoch() + hours(h) + minutes(min) + seconds(s) + milliseconds(ms);
  return duration_cast<nanoseconds>(time).count();
}

/// Builds a page out of what the reader meets.
class PageBuilder {
 public:
  void begin(std::string_view name) {
    path_.emplace_back(name);
    text_.clear();
    if (path_.size() == 1) root_ = name;
    if (path_.size() == 2 && name == "Contents") object_ = {};
  }

  void add(std::string_view more) { text_ += more; }

  void end(std::string_view name) {
    const size_t depth = path_.size();
    const std::string parent = depth >= 2 ? path_[depth - 2] : "";
    if (depth == 3 && parent == "Contents") take_of_object(name);
    if (depth == 3 && parent == "CommonPrefixes" && name == "Prefix") page_.prefixes.push_back(text_);
    if (depth == 2 && name == "Contents") page_.objects.push_back(std::move(object_));
    if (depth == 2 && name == "IsTruncated") truncated_ = text_ == "true";
    if (depth == 2 && name == "NextContinuationToken") page_.next = text_;
    if (depth == 2 && name == "EncodingType") encoded_ = text_ == "url";
    path_.pop_back();
    text_.clear();
  }

  Result<S3ListPage> finish() {
    if (root_ != "ListBucketResult")
      return fail(Code::source_unreadable, fmt::format("an answer that is no listing: <{}>", root_));
    if (broken_) return fail(*broken_);
    INGOT_TRY(decode_keys());
    if (truncated_ && page_.next.empty())
      return fail(Code::source_unreadable, "a listing that goes on, and does not say where",
                  "the server knows only the first version of ListObjects");
    if (!truncated_) page_.next.clear();
    return std::move(page_);
  }

 private:
  // EncodingType may stand behind the keys.
  Status decode_keys() {
    if (!encoded_) return {};
    for (S3Object& object : page_.objects) {
      INGOT_ASSIGN(object.key, decode_s3_key(object.key));
    }
    for (std::string& prefix : page_.prefixes) {
      INGOT_ASSIGN(prefix, decode_s3_key(prefix));
    }
    return {};
  }

  void take_of_object(std::string_view name) {
    if (name == "Key") object_.key = text_;
    if (name == "ETag") object_.etag = text_;
    if (name == "LastModified") object_.last_modified_ns = parse_time(text_);
    if (name != "Size") return;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), object_.size);
    if (error != std::errc() || end != text_.data() + text_.size())
      broken_ = Error{Code::source_unreadable, fmt::format("a size that is no number: \"{}\"", text_), {}, {}};
  }

  S3ListPage page_;
  S3Object object_;
  std::vector<std::string> path_;
  std::string root_, text_;
  bool truncated_ = false;
  bool encoded_ = false;
  std::optional<Error> broken_;
};

}  // namespace

Result<S3ListPage> parse_s3_list_page(std::string_view xml) {
  PageBuilder builder;
  XmlReader::Handlers handlers;
  handlers.begin = [&](std::string_view name, const XmlReader::Attributes&) { builder.begin(name); };
  handlers.end = [&](std::string_view name) { builder.end(name); };
  handlers.text = [&](std::string_view text) { builder.add(text); };
  INGOT_TRY(XmlReader(std::move(handlers)).read(xml, true));
  return builder.finish();
}

}  // namespace ingot
