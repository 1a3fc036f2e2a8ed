#include "core/url.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

TEST(Url, PrintsNoSecrets) {
  EXPECT_EQ(printable_url("https://me:pw@host/a?token=abc&page=2#x"), "https://host/a?token=***&page=2");
  EXPECT_EQ(printable_url("https://h/a?X-Amz-Signature=1&X-Amz-Date=2"),
            "https://h/a?X-Amz-Signature=***&X-Amz-Date=***");
  EXPECT_EQ(printable_url("https://h\\@x/a"), "https://h\\@x/a");
  EXPECT_EQ(printable_url("data/a?token=b.csv"), "data/a?token=b.csv");  // a file
}

TEST(Url, NamesWhatItIsAbout) {
  EXPECT_EQ(lasting_url("https://h/a.csv?X-Amz-Date=20260101&X-Amz-Signature=ab&versionId=7"),
            "https://h/a.csv?versionId=7");
  EXPECT_EQ(lasting_url("https://h/a?sig=x&Policy=y&country_code=DE"), "https://h/a?country_code=DE");
  EXPECT_EQ(lasting_url("https://h/a?session=0123456789abcdef0123"), "https://h/a");
  EXPECT_EQ(lasting_url("https://h/a#part"), "https://h/a");
  EXPECT_EQ(
      lasting_url("https://h/a.csv?sv=2022-11-02&st=2024-01-01T00:00:00Z&se=2024-01-02T00:00:00Z&sr=b&sp=r&sig=x"),
      "https://h/a.csv");
  EXPECT_EQ(lasting_url("https://h/a.csv?st=1&sig=x"), "https://h/a.csv?st=1");
}

TEST(Url, KnowsOrigins) {
  EXPECT_EQ(*origin_of("HTTPS://Host/a"), "https://host:443");
  EXPECT_EQ(*origin_of("http://me@host:8080?x"), "http://host:8080");
  EXPECT_EQ(*origin_of("http://[::1]/"), "http://[::1]:80");
  EXPECT_EQ(*origin_of("http://[::1]:81/"), "http://[::1]:81");
  EXPECT_FALSE(origin_of("ftp://host/"));
  EXPECT_FALSE(origin_of("http:///a"));
}

TEST(Url, TellsUrlsFromPaths) {
  EXPECT_EQ(scheme_of("S3://bucket/x"), "s3");
  EXPECT_EQ(scheme_of("dir/a://b"), "");
  EXPECT_EQ(scheme_of("://b"), "");
  EXPECT_EQ(path_of_url("https://h/d/a.csv.gz?x=/b.json"), "/d/a.csv.gz");
  EXPECT_EQ(path_of_url("d/a.csv"), "d/a.csv");
  EXPECT_TRUE(has_user_info("https://a@b/"));
  EXPECT_FALSE(has_user_info("https://b/a@c"));
  EXPECT_TRUE(has_user_info("https://a\\@b/x"));  // libcurl goes to b
}

}  // namespace
}  // namespace ingot
