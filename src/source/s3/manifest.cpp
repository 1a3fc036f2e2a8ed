#include "source/s3/manifest.h"

#include <fmt/format.h>

#include <unordered_set>

namespace ingot {

namespace {

constexpr size_t kLongestKey = 1024;  // of S3

std::string_view trimmed(std::string_view line) {
  while (line.ends_with('\r') || line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  while (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
  return line;
}

std::string folder_of(const std::string& key) { return key.substr(0, key.rfind('/') + 1); }  // npos + 1 is 0

}  // namespace

Result<std::vector<S3Url>> parse_manifest(std::string_view text, const S3Url& manifest) {
  std::vector<S3Url> out;
  std::unordered_set<std::string> names;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view name = trimmed(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (name.empty()) continue;
    if (name.find('\0') != name.npos || name.size() > kLongestKey + 100)
      return fail(Error{Code::source_unreadable, fmt::format("not a list of names: {}", manifest.text()),
                        "it must be text with the name of an object in each line",
                        Place{manifest.text(), static_cast<int>(number), 1}});
    S3Url url{manifest.bucket, folder_of(manifest.key) + std::string(name)};
    if (is_s3_url(name)) {
      INGOT_ASSIGN(url, parse_s3_url(name));
    }
    if (names.insert(url.text()).second) out.push_back(std::move(url));
  }
  return out;
}

}  // namespace ingot
