#include <gtest/gtest.h>

#include "spec/folder_for_test.h"
#include "spec/s3_connection.h"

namespace ingot::spec {
namespace {

const std::string kColumns = "columns: { a: text }\n";

TEST(S3Source, ReadsItsConnectionWithSecretsByReference) {
  ::setenv("INGOT_TEST_S3_SECRET", "canary", 1);
  const Folder folder;
  folder.write(
      "ingot.yaml",
      "connections: { lake: { type: s3, endpoint: \"http://127.0.0.1:9000\", region: eu-west-1, path_style: "
      "false, access_key_id: AK, secret_access_key: \"${env.INGOT_TEST_S3_SECRET}\", requester_pays: true } }\n");
  folder.write(
      "p.yaml",
      "from: { path: \"s3://b/x?.csv\", connection: lake, manifest: s3://b/list, on_missing: skip }\n" + kColumns);
  const auto pipeline = load_pipeline(folder.path() + "/p.yaml", {}, "");
  ASSERT_TRUE(pipeline) << folder.errors("p.yaml");
  const RemoteOptions& remote = pipeline->from.remote;
  ASSERT_NE(remote.s3, nullptr);
  EXPECT_EQ(remote.s3->endpoint, "http://127.0.0.1:9000");
  EXPECT_EQ(remote.s3->region, "eu-west-1");
  EXPECT_EQ(remote.s3->path_style, false);
  EXPECT_EQ(remote.s3->access_key_id, "AK");
  EXPECT_EQ(remote.s3->secret_access_key.reveal(), "canary");
  EXPECT_TRUE(remote.s3->requester_pays);
  EXPECT_EQ(remote.manifest, "s3://b/list");
  EXPECT_TRUE(remote.skip_missing);
  EXPECT_EQ(pipeline->from.paths, std::vector<std::string>{"s3://b/x?.csv"});
}

TEST(S3Source, Mistakes) {
  struct Case {
    std::string project, from, errors;
  };
  const std::string lake = "connections: { lake: { type: s3 }, pg: \"postgresql://h/d\" }\n";
  const Case cases[] = {
      {"", "s3:///a.csv",
       "error: no bucket in the path: \"s3:///a.csv\" (p.yaml:1:7)\n  hint: write s3://BUCKET/KEY\n"},
      {"", "[s3://b/a.csv, b.csv]", "error: files and URLs in one pipeline: \"b.csv\" (p.yaml:1:22)\n"},
      {"", "[b.csv, s3://b/a.csv]", "error: files and objects of S3 in one pipeline: \"s3://b/a.csv\" (p.yaml:1:15)\n"},
      {"", "{ path: a.csv, manifest: s3://b/m }",
       "error: no effect here: \"manifest\" (p.yaml:1:32)\n  hint: it is for paths that begin with s3://\n"},
      {"", "{ path: s3://b/a.csv, manifest: m }",
       "error: not an object of S3: \"m\" (p.yaml:1:39)\n  hint: write s3://BUCKET/KEY\n"},
      {lake, "{ path: s3://b/a.csv, connection: lak }",
       "error: unknown connection: \"lak\" (p.yaml:1:41)\n  hint: did you mean \"lake\"?\n"},
      {lake, "{ path: s3://b/a.csv, connection: pg }",
       "error: not a connection of type s3: \"pg\" (p.yaml:1:41)\n  hint: databases are not read from by this version; "
       "in "
       "ingot.yaml write { type: s3, … }\n"},
      {"connections: { l: { type: s3, access_key_id: A, secret_access_key: canary } }\n", "s3://b/a.csv",
       "error: a secret in a file: secret_access_key of connection \"l\" (ingot.yaml:1:68)\n  hint: write ${env.NAME} "
       "or "
       "${file:PATH}\n"},
      {"connections: { l: { type: s3, access_key_id: A } }\n", "s3://b/a.csv",
       "error: one half of the credentials is missing in connection \"l\" (ingot.yaml:1:19)\n  hint: access_key_id and "
       "secret_access_key go together; without both, the environment and the profile are asked\n"},
      {"connections: { l: { type: s3, anonymous: true, profile: p } }\n", "s3://b/a.csv",
       "error: anonymous, and with credentials: connection \"l\" (ingot.yaml:1:19)\n  hint: leave either out\n"},
      {"connections: { l: { type: s3, url: \"s3://b\" } }\n", "s3://b/a.csv",
       "error: no effect with type s3: \"url\" of connection \"l\" (ingot.yaml:1:36)\n  hint: the bucket stands in the "
       "path: s3://BUCKET/KEY; another server than AWS is named by endpoint\n"},
  };
  for (const Case& c : cases) {
    const Folder folder;
    if (!c.project.empty()) folder.write("ingot.yaml", c.project);
    folder.write("p.yaml", "from: " + c.from + "\n" + kColumns);
    EXPECT_EQ(folder.errors("p.yaml"), c.errors) << c.from;
  }
}

TEST(S3Source, NothingIsLoadedIntoIt) {
  const Folder folder;
  folder.write("ingot.yaml", "connections: { lake: { type: s3 } }\n");
  folder.write("p.yaml", "from: a.csv\n" + kColumns + "to: { connection: lake }\n");
  EXPECT_EQ(folder.errors("p.yaml"),
            "error: a connection of type s3 is read from, not loaded into: \"lake\" (p.yaml:3:19)\n  hint: name it in "
            "from.connection\n");
}

}  // namespace
}  // namespace ingot::spec
