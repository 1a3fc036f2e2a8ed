#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "s3/s3_config.h"
#include "s3/s3_error.h"
#include "s3/s3_list_page.h"
#include "s3/s3_url.h"

namespace ingot {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(S3Url, TakesKeysAsTheyStand) {
  const auto url = parse_s3_url("s3://media/a%20b/c?d#e.json");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->bucket, "media");
  EXPECT_EQ(url->key, "a%20b/c?d#e.json");
  EXPECT_EQ(parse_s3_url("s3://media")->key, "");
  EXPECT_EQ(parse_s3_url("s3:///x").error().message, "no bucket in \"s3:///x\"");
  EXPECT_EQ(parse_s3_url("s3://a b/x").error().message, "no bucket can be called \"a b\"");
}

TEST(S3Url, EncodesAsS3Signs) {
  EXPECT_EQ(encode_s3_key("a b/ä+=*~._-"), "a%20b/%C3%A4%2B%3D%2A~._-");
  EXPECT_EQ(encode_s3_value("a/b"), "a%2Fb");
  EXPECT_EQ(decode_s3_key("a%20b+c%2b%C3%A4"), "a b c+ä");
  EXPECT_FALSE(decode_s3_key("a%2"));
  EXPECT_FALSE(decode_s3_key("a%zz"));
  EXPECT_EQ(decode_s3_key("%41"), "A");
}

TEST(S3List, ReadsAPage) {
  const auto page = parse_s3_list_page(
      R"(<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>
      <IsTruncated>true</IsTruncated><NextContinuationToken>1ueGcx==</NextContinuationToken>
      <Contents><Key>a%2Bb%0A.json</Key><LastModified>2009-10-12T17:50:30.001Z</LastModified>
      <ETag>&quot;fba9dede5f27731c9771645a39863328&quot;</ETag><Size>5368709121</Size>
      <Owner><ID>x</ID></Owner></Contents>
      <CommonPrefixes><Prefix>p%20q/</Prefix></CommonPrefixes><EncodingType>url</EncodingType></ListBucketResult>)");
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->objects.size(), 1U);
  EXPECT_EQ(page->objects[0].key, "a+b\n.json");
  EXPECT_EQ(page->objects[0].etag, "\"fba9dede5f27731c9771645a39863328\"");
  EXPECT_EQ(page->objects[0].size, 5368709121U);
  EXPECT_EQ(page->objects[0].last_modified_ns, 1255369830001000000);
  EXPECT_THAT(page->prefixes, ElementsAre("p q/"));
  EXPECT_EQ(page->next, "1ueGcx==");
}

TEST(S3List, AnEmptyPageMayBeTheLast) {
  const auto page = parse_s3_list_page(
      "<ListBucketResult><IsTruncated>false</IsTruncated><NextContinuationToken/></ListBucketResult>");
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->objects.empty());
  EXPECT_EQ(page->next, "");
}

TEST(S3List, NeverEndsInSilenceBeforeTheEnd) {
  EXPECT_FALSE(parse_s3_list_page("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"));
  EXPECT_FALSE(parse_s3_list_page("<html/>"));
  EXPECT_FALSE(parse_s3_list_page("<ListBucketResult><Contents><Key>a</Key>"));
  EXPECT_FALSE(parse_s3_list_page("<ListBucketResult><Contents><Size>x</Size></Contents></ListBucketResult>"));
}

HttpResponse answer(int status, std::string body, HttpHeaders headers = {}) {
  HttpResponse out;
  out.status = status;
  out.body = std::move(body);
  out.headers = std::move(headers);
  return out;
}

TEST(S3Error, NamesRequestOperationAndCure) {
  const auto denied = answer(403,
                             "<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>R1</RequestId>"
                             "<HostId>h</HostId></Error>");
  const Error error = explain_s3_fault(read_s3_fault(denied), 403, {"s3:GetObject", "b", "k.json"}, "profile dev");
  EXPECT_EQ(error.message, "AccessDenied on s3:GetObject of s3://b/k.json (request R1)");
  EXPECT_THAT(error.hint, HasSubstr("the credentials of profile dev lack s3:GetObject on arn:aws:s3:::b/k.json"));
  EXPECT_EQ(error.code, Code::source_unreadable);
}

TEST(S3Error, AnObjectThatIsGoneIsNoBucketThatNeverWas) {
  const S3Subject object{"s3:GetObject", "b", "k"};
  const auto of = [&](const std::string& code, const S3Subject& subject) {
    return explain_s3_fault(read_s3_fault(answer(404, "<Error><Code>" + code + "</Code></Error>")), 404, subject, "x");
  };
  EXPECT_EQ(of("NoSuchKey", object).code, Code::not_found);
  EXPECT_EQ(of("NoSuchBucket", object).code, Code::source_unreadable);
  EXPECT_EQ(of("NoSuchBucket", {"s3:ListBucket", "b", ""}).code, Code::not_found);
  EXPECT_EQ(of("NoSuchBucket", {"s3:ListBucket", "b", ""}).message, "the bucket does not exist: s3://b");
  const auto said = [&](const std::string& body) {
    return explain_s3_fault(read_s3_fault(answer(404, body)), 404, object, "x").code;
  };
  EXPECT_EQ(said(""), Code::not_found);  // HEAD: no body
  EXPECT_EQ(said("<html>default backend - 404</html>"), Code::source_unreadable);
}

TEST(S3Error, TellsTheRegion) {
  const auto fault = read_s3_fault(answer(301, "", {{"x-amz-bucket-region", "eu-west-1"}, {"x-amz-request-id", "R2"}}));
  EXPECT_EQ(fault.region, "eu-west-1");
  EXPECT_EQ(fault.request_id, "R2");
  EXPECT_EQ(explain_s3_fault(fault, 301, {"s3:ListBucket", "b", ""}, "x").hint,
            "the bucket is in region eu-west-1: say region: eu-west-1");
}

TEST(S3Error, AnonymousIsToldThatNothingIsSigned) {
  const auto fault = read_s3_fault(answer(403, ""));
  EXPECT_THAT(explain_s3_fault(fault, 403, {"s3:ListBucket", "b", ""}, "").hint, HasSubstr("anonymous: true"));
}

TEST(S3Config, NamesTheBucketByHostOrPath) {
  S3Config aws;
  EXPECT_EQ(aws.bucket_url("media", "eu-west-1"), "https://media.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(aws.bucket_url("media.example.org", "us-east-1"), "https://s3.us-east-1.amazonaws.com/media.example.org");
  EXPECT_EQ(aws.bucket_url("media", "cn-north-1"), "https://media.s3.cn-north-1.amazonaws.com.cn");
  S3Config own;
  own.endpoint = "http://127.0.0.1:9000";
  own.path_style = true;
  EXPECT_EQ(own.bucket_url("media", "us-east-1"), "http://127.0.0.1:9000/media");
  own.path_style = false;
  EXPECT_EQ(own.bucket_url("media", "us-east-1"), "http://media.127.0.0.1:9000");
}

TEST(S3Config, AnEndpointMeansThePath) {
  S3Options options;
  options.endpoint = "https://storage.googleapis.com/";
  const auto config = decide_s3_config(options);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->endpoint, "https://storage.googleapis.com");
  EXPECT_TRUE(config->path_style);
  options.endpoint = "storage.googleapis.com";
  EXPECT_EQ(decide_s3_config(options).error().message, "not the URL of an S3 server: \"storage.googleapis.com\"");
  options.endpoint = "https://user:canary@host";
  EXPECT_EQ(decide_s3_config(options).error().message, "an S3 endpoint with a user in it");
}

}  // namespace
}  // namespace ingot
