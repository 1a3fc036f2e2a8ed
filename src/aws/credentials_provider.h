#pragma once

#include <memory>
#include <string>

#include "aws/credentials.h"
#include "aws/profile.h"

struct aws_credentials_provider;

namespace ingot {

struct ReleaseProvider {
  void operator()(aws_credentials_provider* provider) const;
};

/// One of the library's providers, which asks a token service, a process or the machine.
class AwsProvider {
 public:
  /// By AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN.
  static Result<AwsProvider> of_web_identity(const AwsProfile& profile);
  /// By what the profile says. Nothing where it says nothing of credentials.
  static Result<AwsProvider> of_profile(const AwsProfile& profile);
  /// By AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or …_FULL_URI.
  static Result<AwsProvider> of_container();
  /// Of the EC2 instance.
  static Result<AwsProvider> of_instance();

  explicit operator bool() const { return provider_ != nullptr; }

  /// Asks, and waits for the answer. Error source_unreadable.
  Result<AwsCredentials> ask() const;

 private:
  static Result<AwsProvider> made(aws_credentials_provider* provider, std::string origin, std::string cure);

  std::unique_ptr<aws_credentials_provider, ReleaseProvider> provider_;
  std::string origin_;
  std::string cure_;  ///< where it does not answer as it should
};

/// Does anybody listen there? Waits a second at most: on a machine that is no instance of AWS nobody would ever answer.
bool instance_metadata_listens();

}  // namespace ingot
