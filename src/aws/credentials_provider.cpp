#include "aws/credentials_provider.h"

#include <aws/auth/credentials.h>
#include <aws/common/error.h>
#include <aws/http/proxy.h>
#include <fmt/format.h>

#include <chrono>
#include <future>
#include <limits>

#include "aws/crt_runtime.h"

namespace ingot {

namespace {

// Longer than a person takes to answer a process that asks for a one-time code.
constexpr std::chrono::seconds kMostWait{120};

constexpr const char* kSeeProfile =
    "see what stands in ~/.aws/config and ~/.aws/credentials; aws sts get-caller-identity "
    "should work with the same profile";

using Answer = std::promise<Result<AwsCredentials>>;

AwsCredentials copy_of(const aws_credentials* given) {
  AwsCredentials out;
  out.access_key_id = crt_text(aws_credentials_get_access_key_id(given));
  out.secret_access_key = Secret(crt_text(aws_credentials_get_secret_access_key(given)));
  out.session_token = Secret(crt_text(aws_credentials_get_session_token(given)));
  const uint64_t expires = aws_credentials_get_expiration_timepoint_seconds(given);
  if (expires < static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    out.expires_at = static_cast<int64_t>(expires);
  return out;
}

Error not_given(int code) {
  return {Code::source_unreadable, code == 0 ? "nothing was given" : crt_message(code), {}, std::nullopt};
}

// On a thread of the library, or at once. The answer may come after nobody waits for it any more.
void on_credentials(aws_credentials* given, int code, void* data) {
  const std::unique_ptr<std::shared_ptr<Answer>> answer(static_cast<std::shared_ptr<Answer>*>(data));
  if (given == nullptr) {
    (*answer)->set_value(fail(not_given(code)));
  } else {
    (*answer)->set_value(copy_of(given));
  }
}

// Proxies as the environment names them; the machine's own addresses are asked without.
const proxy_env_var_settings* proxies() {
  static const proxy_env_var_settings settings = [] {
    proxy_env_var_settings made{};
    made.env_var_type = AWS_HPEV_ENABLE;
    return made;
  }();
  return &settings;
}

}  // namespace

void ReleaseProvider::operator()(aws_credentials_provider* provider) const {
  aws_credentials_provider_release(provider);
}

Result<AwsProvider> AwsProvider::made(aws_credentials_provider* provider, std::string origin, std::string cure) {
  if (provider == nullptr)
    return fail(Code::source_unreadable,
                fmt::format("AWS credentials cannot be taken from {}: {}", origin, crt_message(aws_last_error())),
                std::move(cure));
  AwsProvider out;
  out.provider_.reset(provider);
  out.origin_ = std::move(origin);
  out.cure_ = std::move(cure);
  return out;
}

Result<AwsProvider> AwsProvider::of_web_identity(const AwsProfile& profile) {
  aws_credentials_provider_sts_web_identity_options options{};
  options.bootstrap = crt_bootstrap();
  options.tls_ctx = crt_tls();
  options.config_profile_collection_cached = profile.files();
  options.profile_name_override = crt_cursor(profile.name());
  options.proxy_ev_settings = proxies();
  return made(aws_credentials_provider_new_sts_web_identity(crt_memory(), &options),
              "the web identity (AWS_WEB_IDENTITY_TOKEN_FILE)",
              "AWS_ROLE_ARN must name a role that trusts the token's issuer, and AWS_REGION a region");
}

Result<AwsProvider> AwsProvider::of_profile(const AwsProfile& profile) {
  const std::string origin = "profile " + profile.name();
  const auto says = [&](const char* key) { return profile.get(key).has_value(); };
  if (says("role_arn") || says("aws_access_key_id")) {
    aws_credentials_provider_profile_options options{};
    options.bootstrap = crt_bootstrap();
    options.tls_ctx = crt_tls();
    options.profile_name_override = crt_cursor(profile.name());
    options.profile_collection_cached = profile.files();
    return made(aws_credentials_provider_new_profile(crt_memory(), &options), origin, kSeeProfile);
  }
  if (says("sso_session") || says("sso_start_url")) {
    aws_credentials_provider_sso_options options{};
    options.bootstrap = crt_bootstrap();
    options.tls_ctx = crt_tls();
    options.profile_name_override = crt_cursor(profile.name());
    options.config_file_cached = profile.files();
    options.proxy_ev_settings = proxies();
    return made(aws_credentials_provider_new_sso(crt_memory(), &options), origin,
                fmt::format("aws sso login --profile {}", profile.name()));
  }
  if (const auto session = profile.get("login_session")) {
    const std::string region = profile.get("region").value_or("");
    aws_credentials_provider_login_options options{};
    options.bootstrap = crt_bootstrap();
    options.tls_ctx = crt_tls();
    options.login_session = crt_cursor(*session);
    options.login_region = crt_cursor(region);
    options.profile_name_override = crt_cursor(profile.name());
    options.config_file_cached = profile.files();
    options.proxy_ev_settings = proxies();
    return made(aws_credentials_provider_new_login(crt_memory(), &options), origin,
                fmt::format("aws login --profile {}", profile.name()));
  }
  if (says("credential_process")) {
    aws_credentials_provider_process_options options{};
    options.profile_to_use = crt_cursor(profile.name());
    options.config_profile_collection_cached = profile.files();
    return made(aws_credentials_provider_new_process(crt_memory(), &options), origin + " (credential_process)",
                "run the command that stands there by hand: it must print JSON with Version 1, AccessKeyId and "
                "SecretAccessKey");
  }
  return AwsProvider{};
}

Result<AwsProvider> AwsProvider::of_container() {
  aws_credentials_provider_ecs_environment_options options{};
  options.bootstrap = crt_bootstrap();
  options.tls_ctx = crt_tls();
  return made(aws_credentials_provider_new_ecs_from_environment(crt_memory(), &options),
              "the container (AWS_CONTAINER_CREDENTIALS_…_URI)", "give the task a role");
}

Result<AwsProvider> AwsProvider::of_instance() {
  aws_credentials_provider_imds_options options{};
  options.bootstrap = crt_bootstrap();
  return made(aws_credentials_provider_new_imds(crt_memory(), &options), "the EC2 instance",
              "give the instance a role; from within a container the hop limit of its metadata must be 2");
}

Result<AwsCredentials> AwsProvider::ask() const {
  const auto answer = std::make_shared<Answer>();
  auto future = answer->get_future();
  auto data = std::make_unique<std::shared_ptr<Answer>>(answer);
  Result<AwsCredentials> found = fail(not_given(0));
  if (aws_credentials_provider_get_credentials(provider_.get(), on_credentials, data.get()) != 0) {
    found = fail(not_given(aws_last_error()));
  } else {
    static_cast<void>(data.release());  // the callback's
    found = future.wait_for(kMostWait) == std::future_status::ready
                ? future.get()
                : fail(Code::source_unreadable, fmt::format("no answer within {} seconds", kMostWait.count()));
  }
  if (!found)
    return fail(Code::source_unreadable, fmt::format("no AWS credentials from {}: {}", origin_, found.error().message),
                cure_);
  found->origin = origin_;
  return found;
}

}  // namespace ingot
