#include "aws/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "aws/profile.h"
#include "core/environment.h"

namespace ingot {
namespace {

using ::testing::HasSubstr;

/// An environment in which nothing of AWS is set, but what the test sets; the machine's own comes back after it.
class AwsEnvironment : public ::testing::Test {
 protected:
  AwsEnvironment() {
    char name[] = "/tmp/ingot-aws-XXXXXX";
    folder_ = ::mkdtemp(name);
    for (const char* variable :
         {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ROLE_ARN",
          "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
          "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"})
      unset(variable);
    set("AWS_EC2_METADATA_DISABLED", "true");
    set("AWS_CONFIG_FILE", folder_ + "/config");
    set("AWS_SHARED_CREDENTIALS_FILE", folder_ + "/credentials");
  }
  ~AwsEnvironment() override {
    for (const auto& [name, value] : before_)
      value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
    std::filesystem::remove_all(folder_);
  }

  void set(const std::string& name, const std::string& value) {
    keep(name);
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  void unset(const std::string& name) {
    keep(name);
    ::unsetenv(name.c_str());
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ + "/" + name) << text; }

  std::string folder_;

 private:
  void keep(const std::string& name) { before_.try_emplace(name, environment_variable(name.c_str())); }
  std::map<std::string, std::optional<std::string>> before_;
};

TEST_F(AwsEnvironment, EnvironmentComesFirst) {
  set("AWS_ACCESS_KEY_ID", "AKENV");
  set("AWS_SECRET_ACCESS_KEY", "s");
  set("AWS_SESSION_TOKEN", "t");
  write("credentials", "[default]\naws_access_key_id = AKFILE\naws_secret_access_key = x\n");
  const auto found = make_credentials_source({})->get();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->access_key_id, "AKENV");
  EXPECT_EQ(found->session_token.reveal(), "t");
  EXPECT_EQ(found->origin, "environment");
}

TEST_F(AwsEnvironment, AProfileThatIsChosenGoesBeforeTheEnvironment) {
  set("AWS_ACCESS_KEY_ID", "AKENV");
  set("AWS_SECRET_ACCESS_KEY", "s");
  write("credentials", "[dev]\naws_access_key_id = AKDEV\naws_secret_access_key = x\n");
  AwsCredentialsChoice choice;
  choice.profile = "dev";
  const auto found = make_credentials_source(choice)->get();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->access_key_id, "AKDEV");
  EXPECT_EQ(found->origin, "profile dev");
}

TEST_F(AwsEnvironment, HalfAPairIsAnError) {
  set("AWS_ACCESS_KEY_ID", "AKENV");
  const auto found = make_credentials_source({})->get();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message,
            "one half of AWS credentials is missing: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  EXPECT_EQ(found.error().hint, "the key id is there, the other is not");
}

TEST_F(AwsEnvironment, NoneSaysWhereItWasLookedFor) {
  const auto found = make_credentials_source({})->get();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message,
            "no AWS credentials found: AWS_ACCESS_KEY_ID is not set, there is no profile default, "
            "AWS_EC2_METADATA_DISABLED is set");
  EXPECT_THAT(found.error().hint, HasSubstr("anonymous: true"));
}

TEST_F(AwsEnvironment, AProfileThatIsNotThere) {
  set("AWS_PROFILE", "prod");
  const auto found = make_credentials_source({})->get();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::not_found);
  EXPECT_EQ(found.error().message, "AWS profile not found (AWS_PROFILE): \"prod\"");
}

TEST_F(AwsEnvironment, AProcessIsAskedAgainBeforeItsCredentialsExpire) {
  write("command",
        "#!/bin/sh\necho x >>" + folder_ +
            "/calls\n"
            "printf '{\"Version\": 1, \"AccessKeyId\": \"AK%s\", \"SecretAccessKey\": \"s\", \"SessionToken\": "
            "\"t\", \"Expiration\": \"%s\"}' $(wc -l <" +
            folder_ +
            "/calls) $(date -u -d '+2 seconds' "
            "+%Y-%m-%dT%H:%M:%SZ)\n");
  ::chmod((folder_ + "/command").c_str(), 0755);
  write("config", "[default]\ncredential_process = " + folder_ + "/command\n");
  const auto source = make_credentials_source({});
  const auto first = source->get();
  ASSERT_TRUE(first) << first.error().message << first.error().hint;
  EXPECT_EQ(first->access_key_id, "AK1");
  EXPECT_EQ(first->origin, "profile default (credential_process)");
  ::sleep(3);
  const auto second = source->get();
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->access_key_id, "AK2");
}

TEST_F(AwsEnvironment, WhatIsConfiguredAndFailsIsNotPassedOver) {
  write("config", "[default]\ncredential_process = /bin/false\n");
  const auto found = make_credentials_source({})->get();
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("no AWS credentials from profile default (credential_process): "));
  EXPECT_THAT(found.error().hint, HasSubstr("by hand"));
}

TEST_F(AwsEnvironment, ProfileValues) {
  write("config",
        "[profile dev]\nregion = eu-west-1\nservices = here\ns3 =\n  addressing_style = path\n"
        "[services here]\ns3 =\n  endpoint_url = http://127.0.0.1:9000\n");
  const auto profile = AwsProfile::load("dev");
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_EQ(profile->get("region"), "eu-west-1");
  EXPECT_EQ(profile->get("s3.addressing_style"), "path");
  EXPECT_EQ(profile->get("role_arn"), std::nullopt);
  EXPECT_EQ(profile->get_of_service("s3", "endpoint_url"), "http://127.0.0.1:9000");
}

}  // namespace
}  // namespace ingot
