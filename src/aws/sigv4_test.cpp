#include "aws/sigv4.h"

#include <gtest/gtest.h>

#include <ctime>

namespace ingot {
namespace {

std::chrono::system_clock::time_point utc(const char* text) {
  std::tm parts{};
  ::strptime(text, "%Y%m%dT%H%M%SZ", &parts);
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

struct Case {
  const char* name;
  std::string method, url;
  HttpHeaders headers;
  std::string body, signature;
};

std::string authorization_of(const HttpAttempt& attempt) {
  for (const auto& [name, value] : attempt.secret_headers) {
    if (name == "Authorization") return value.reveal();
  }
  return "";
}

std::string sign(const Case& c, const AwsCredentials& who, const SigningScope& scope) {
  const HttpBody body = c.body.empty() ? HttpBody{} : HttpBody::of(c.body);
  HttpAttempt attempt{c.method, c.url, c.headers, &body, {}, 1};
  EXPECT_TRUE(sign_v4(who, scope, attempt).has_value());
  const std::string value = authorization_of(attempt);
  const size_t at = value.find("Signature=");
  return at == value.npos ? value : value.substr(at + 10);
}

// AWS's published test suite (aws-sig-v4-test-suite): keys, time and signatures are its own.
TEST(SigV4, AwsTestSuite) {
  const AwsCredentials who{"AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), {}, {}, "test"};
  const SigningScope scope{"us-east-1", "service", utc("20150830T123600Z")};
  const std::string host = "https://example.amazonaws.com";
  const Case cases[] = {
      {"get-vanilla", "GET", host + "/", {}, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-vanilla-query-order-key-case",
       "GET",
       host + "/?Param2=value2&Param1=value1",
       {},
       "",
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"get-utf8",
       "GET",
       host + "/\xE1\x88\xB4",
       {},
       "",
       "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
      {"get-header-value-trim",
       "GET",
       host + "/",
       {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
       "",
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {"post-vanilla", "POST", host + "/", {}, "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"post-x-www-form-urlencoded",
       "POST",
       host + "/",
       {{"Content-Type", "application/x-www-form-urlencoded"}},
       "Param1=value1",
       "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
  };
  for (const Case& c : cases) EXPECT_EQ(sign(c, who, scope), c.signature) << c.name;
}

// The examples of "Authenticating Requests: Using the Authorization Header" in the documentation of S3.
TEST(SigV4, ExamplesOfS3) {
  const AwsCredentials who{"AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), {}, {}, "test"};
  const SigningScope scope{"us-east-1", "s3", utc("20130524T000000Z")};
  const std::string host = "https://examplebucket.s3.amazonaws.com";
  const Case cases[] = {
      {"get object",
       "GET",
       host + "/test.txt",
       {{"Range", "bytes=0-9"}},
       "",
       "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
      {"get lifecycle",
       "GET",
       host + "/?lifecycle",
       {},
       "",
       "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
      {"list",
       "GET",
       host + "/?max-keys=2&prefix=J",
       {},
       "",
       "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
  };
  for (const Case& c : cases) EXPECT_EQ(sign(c, who, scope), c.signature) << c.name;
}

TEST(SigV4, SecretsAreAmongTheSecretHeaders) {
  const AwsCredentials who{"AKID", Secret("canary-secret"), Secret("canary-token"), {}, "test"};
  const HttpBody none;
  HttpAttempt attempt{"GET", "http://127.0.0.1:9000/b/k", {{"Accept-Encoding", "identity"}}, &none, {}, 1};
  ASSERT_TRUE(sign_v4(who, {"us-east-1", "s3"}, attempt).has_value());
  for (const auto& [name, value] : attempt.headers.fields()) {
    EXPECT_EQ(value.find("canary"), value.npos) << name;
  }
  EXPECT_EQ(attempt.headers.get("x-amz-content-sha256"),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  ASSERT_EQ(attempt.secret_headers.size(), 2U);
  // What proxies change is not signed; the port is part of the host.
  EXPECT_NE(authorization_of(attempt).find("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"),
            std::string::npos);
}

TEST(SigV4, BodiesOfS3AreHashedUnlessTheyAreEncrypted) {
  const AwsCredentials who{"AKID", Secret("secret"), {}, {}, "test"};
  const HttpBody body = HttpBody::of("hello");
  HttpAttempt plain{"PUT", "http://127.0.0.1:9000/b/k", {}, &body, {}, 1};
  ASSERT_TRUE(sign_v4(who, {"us-east-1", "s3"}, plain).has_value());
  EXPECT_EQ(plain.headers.get("x-amz-content-sha256"),
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  HttpAttempt encrypted{"PUT", "https://b.s3.amazonaws.com/k", {}, &body, {}, 1};
  ASSERT_TRUE(sign_v4(who, {"us-east-1", "s3"}, encrypted).has_value());
  EXPECT_EQ(encrypted.headers.get("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
}

}  // namespace
}  // namespace ingot
