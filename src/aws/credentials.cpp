#include "aws/credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>
#include <vector>

#include "aws/credentials_provider.h"
#include "aws/profile.h"
#include "core/environment.h"
#include "core/names.h"

namespace ingot {

namespace {

// So long before they expire credentials are renewed; of short-lived ones a fifth of their time.
constexpr int64_t kRenewSeconds = 300;
constexpr int64_t kRenewShare = 5;

int64_t now_seconds() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

// Of a pair one alone says nothing.
Result<std::optional<AwsCredentials>> of_pair(std::string id, Secret secret, Secret token, const std::string& origin,
                                              const std::string& names) {
  if (id.empty() && secret.empty()) return std::nullopt;
  if (id.empty() || secret.empty())
    return fail(Code::source_unreadable, fmt::format("one half of AWS credentials is missing: {}", names),
                fmt::format("the {} is there, the other is not", id.empty() ? "secret key" : "key id"));
  return AwsCredentials{std::move(id), std::move(secret), std::move(token), std::nullopt, origin};
}

Result<std::optional<AwsCredentials>> of_environment() {
  const auto value = [](const char* name) { return environment_variable(name).value_or(""); };
  return of_pair(value("AWS_ACCESS_KEY_ID"), Secret(value("AWS_SECRET_ACCESS_KEY")), Secret(value("AWS_SESSION_TOKEN")),
                 "environment", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
}

Error none_found(const std::vector<std::string>& tried) {
  return {Code::source_unreadable, fmt::format("no AWS credentials found: {}", join_names(tried)),
          "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile of ~/.aws/config; for a public "
          "bucket say anonymous: true",
          std::nullopt};
}

/// Looks once where credentials are to be had, and asks there again when they run out.
class UsualSource final : public AwsCredentialsSource {
 public:
  explicit UsualSource(AwsCredentialsChoice choice) : choice_(std::move(choice)) {}

  Result<AwsCredentials> get() override {
    if (auto kept = kept_until(true)) return *kept;
    const std::lock_guard renewing(renew_mutex_);
    if (auto kept = kept_until(true)) return *kept;  // by another thread meanwhile
    auto found = renew();
    if (found) {
      keep(*found);
      return found;
    }
    if (auto kept = kept_until(false)) return *kept;  // tried again before they expire
    return found;
  }

  Result<AwsCredentials> current() override {
    if (auto kept = kept_until(false)) return *kept;
    return get();
  }

  void forget(const std::string& access_key_id) override {
    const std::lock_guard lock(mutex_);
    if (kept_ && kept_->access_key_id == access_key_id && kept_->expires_at) kept_.reset();
  }

 private:
  std::optional<AwsCredentials> kept_until(bool renewal) {
    const std::lock_guard lock(mutex_);
    if (!kept_) return std::nullopt;
    if (!kept_->expires_at) return kept_;
    return now_seconds() < (renewal ? renew_at_ : *kept_->expires_at) ? kept_ : std::nullopt;
  }

  void keep(const AwsCredentials& found) {
    const std::lock_guard lock(mutex_);
    kept_ = found;
    if (!found.expires_at) return;
    const int64_t left = std::max<int64_t>(*found.expires_at - now_seconds(), 0);
    renew_at_ = *found.expires_at - std::min(kRenewSeconds, left / kRenewShare);
  }

  Result<AwsCredentials> renew() {
    if (none_) return fail(*none_);
    if (provider_) return provider_.ask();
    auto found = look();
    if (!found && !provider_) none_ = found.error();
    return found;
  }

  Result<AwsCredentials> look() {
    INGOT_ASSIGN(const auto given, of_pair(choice_.access_key_id, choice_.secret_access_key, choice_.session_token,
                                           "the connection", "access_key_id and secret_access_key"));
    if (given) return *given;
    std::vector<std::string> tried;
    if (choice_.profile.empty()) {
      INGOT_ASSIGN(const auto found, of_environment());
      if (found) return *found;
      tried.emplace_back("AWS_ACCESS_KEY_ID is not set");
    }
    INGOT_ASSIGN(const AwsProfile profile, AwsProfile::load(choice_.profile));
    INGOT_ASSIGN(provider_, choose(profile, tried));
    if (provider_) return provider_.ask();
    if (!may_be_instance_) return fail(none_found(tried));
    INGOT_ASSIGN(AwsProvider instance, AwsProvider::of_instance());
    auto found = instance.ask();
    if (found) {
      provider_ = std::move(instance);
      return found;
    }
    tried.push_back("the machine's metadata service gives none");  // it may be another cloud's
    return fail(none_found(tried));
  }

  Result<AwsProvider> choose(const AwsProfile& profile, std::vector<std::string>& tried) {
    const bool by_profile_only = !choice_.profile.empty();
    const auto set = [](const char* name) { return environment_variable(name).has_value(); };
    if (!by_profile_only && set("AWS_WEB_IDENTITY_TOKEN_FILE")) return AwsProvider::of_web_identity(profile);
    INGOT_ASSIGN(AwsProvider provider, AwsProvider::of_profile(profile));
    if (provider) return provider;
    tried.push_back(profile.exists() ? fmt::format("profile {} says nothing of credentials", profile.name())
                                     : fmt::format("there is no profile {}", profile.name()));
    if (by_profile_only) return provider;
    if (set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || set("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
      return AwsProvider::of_container();
    if (folded_name(environment_variable("AWS_EC2_METADATA_DISABLED").value_or("")) == "true") {
      tried.emplace_back("AWS_EC2_METADATA_DISABLED is set");
    } else if (instance_metadata_listens()) {
      may_be_instance_ = true;
    } else {
      tried.emplace_back("this is neither a container nor an instance of AWS");
    }
    return provider;
  }

  const AwsCredentialsChoice choice_;
  std::mutex renew_mutex_;  // of what asks
  AwsProvider provider_;
  bool may_be_instance_ = false;
  std::optional<Error> none_;  // where there is nothing to be asked, it is not looked for again
  std::mutex mutex_;           // of what is kept
  std::optional<AwsCredentials> kept_;
  int64_t renew_at_ = 0;
};

}  // namespace

std::unique_ptr<AwsCredentialsSource> make_credentials_source(AwsCredentialsChoice choice) {
  return std::make_unique<UsualSource>(std::move(choice));
}

}  // namespace ingot
