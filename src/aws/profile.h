#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/error.h"

struct aws_profile_collection;

namespace ingot {

/// What AWS's configuration files say of one profile: ~/.aws/config and ~/.aws/credentials, or the files that
/// AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name.
class AwsProfile {
 public:
  /// Reads the files. `chosen`: the profile's name; empty: AWS_PROFILE, else `default`. That a file is not there is no
  /// error. Errors: not_found (a profile that was named, and is not there), source_unreadable (a file that cannot be
  /// parsed).
  static Result<AwsProfile> load(const std::string& chosen);

  const std::string& name() const { return name_; }
  bool exists() const { return exists_; }

  /// Returns the value of a key, `key` or `section.key` for one that is nested; nothing where there is none.
  std::optional<std::string> get(const std::string& key) const;

  /// Returns a value of the section `[services NAME]` that the profile names, such as (`s3`, `endpoint_url`).
  std::optional<std::string> get_of_service(const std::string& service, const std::string& key) const;

  /// The files, merged; null where there are none. For the library that they were read with.
  aws_profile_collection* files() const { return files_.get(); }

 private:
  std::string name_;
  bool exists_ = false;
  std::shared_ptr<aws_profile_collection> files_;
};

}  // namespace ingot
