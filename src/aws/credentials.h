#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/error.h"
#include "core/secret.h"

namespace ingot {

/// For whom requests are signed.
struct AwsCredentials {
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;               ///< empty: the key is a lasting one
  std::optional<int64_t> expires_at;  ///< seconds since 1970 UTC; absent: never
  std::string origin;                 ///< where they were found, for people: `environment`, `profile dev`
};

/// Finds credentials, keeps them and renews them in time. Thread-safe.
class AwsCredentialsSource {
 public:
  virtual ~AwsCredentialsSource() = default;

  /// Returns credentials that are good for some minutes more. May ask the network, and wait for it. Error
  /// source_unreadable: there are none; the hint says where they were looked for.
  virtual Result<AwsCredentials> get() = 0;

  /// Returns those that are there, without asking anybody as long as they have not expired.
  virtual Result<AwsCredentials> current() = 0;

  /// A server has refused these as expired: the next get() asks anew.
  virtual void forget(const std::string& access_key_id) = 0;
};

/// Where to look for credentials.
struct AwsCredentialsChoice {
  std::string profile;  ///< chosen by the user; then neither environment nor machine is asked. Empty: as usual
  std::string access_key_id;
  Secret secret_access_key;  ///< with access_key_id: these, and no others
  Secret session_token;
};

/// Makes a source that looks where AWS's own tools look, in their order: keys that are given; environment
/// (AWS_ACCESS_KEY_ID); web identity (AWS_WEB_IDENTITY_TOKEN_FILE); the profile (keys, role to assume, web identity,
/// single sign-on, login session, process); the container's credentials; the instance's. What is configured and does
/// not work is an error, never passed over for the next.
std::unique_ptr<AwsCredentialsSource> make_credentials_source(AwsCredentialsChoice choice);

}  // namespace ingot
