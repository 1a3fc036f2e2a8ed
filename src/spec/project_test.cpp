#include "spec/project.h"

#include <gtest/gtest.h>

#include "spec/connection.h"
#include "spec/folder_for_test.h"
#include "spec/options.h"

namespace ingot::spec {
namespace {

const std::string kPipeline = "from: a.csv\ncolumns: { id: integer }\n";

TEST(Project, ChoosesConnectionsByEnvironment) {
  const Folder folder;
  folder.write(".git/HEAD", "");
  folder.write("ingot.yaml",
               "connections: { pg: \"${env.INGOT_TEST_URL}\", wh: { url: \"duckdb:wh.db\" } }\n"
               "environments: { dev: { connections: { pg: \"duckdb:dev.db\" } }, prod: {} }\n");
  folder.write("sub/p.yaml", kPipeline + "to: { connection: pg }\n");
  const Pipeline dev = folder.load("sub/p.yaml");
  EXPECT_EQ(dev.connection.name, "pg");
  EXPECT_EQ(dev.connection.label, "duckdb:dev.db");
  EXPECT_EQ(dev.connection.url.reveal(), "duckdb:" + folder.path() + "/dev.db");  // relative to ingot.yaml
  EXPECT_EQ(folder.errors("sub/p.yaml", {}, "prod"),
            "error: environment variable is not set: \"INGOT_TEST_URL\" (ingot.yaml:1:20)\n");
  const EnvironmentVariable url("INGOT_TEST_URL", "postgresql://u:hunter2@h:5432/d?password=x");
  const Pipeline prod = folder.load("sub/p.yaml", {}, "prod");
  EXPECT_EQ(prod.connection.kind, Connection::Kind::postgres);
  EXPECT_EQ(prod.connection.label, "postgresql://u@h:5432/d");
  EXPECT_EQ(prod.connection.url.reveal(), "postgresql://u:hunter2@h:5432/d?password=x");
  EXPECT_EQ(folder.errors("sub/p.yaml", {}, "prdo"),
            "error: unknown environment: \"prdo\" (--env)\n  hint: did you mean \"prod\"?\n");
}

TEST(Project, FindsNothingBeyondTheRepository) {
  const Folder folder;
  folder.write("ingot.yaml", "connections: { pg: \"duckdb:x.db\" }\n");
  folder.write("repo/.git/HEAD", "");
  folder.write("repo/p.yaml", kPipeline + "to: { connection: pg }\n");
  EXPECT_TRUE(folder.errors("repo/p.yaml").starts_with("error: unknown connection: \"pg\" (repo/p.yaml:3:19)\n"));
  EXPECT_EQ(folder.errors("repo/p.yaml", {{"to", "null"}}, "prod"),
            "error: unknown environment: \"prod\" (--env)\n  hint: environments are declared in ingot.yaml\n");
}

TEST(Project, DefaultsHoldWhereThePipelineSaysNothing) {
  const Folder folder;
  folder.write(
      "ingot.yaml",
      "defaults: { connection: \"duckdb:all.db\", commit: run, keep: first, max_rejects: 3, unmatched: skip }\n");
  folder.write("p.yaml", kPipeline);
  const Pipeline p = folder.load("p.yaml");
  EXPECT_EQ(p.connection.label, "duckdb:all.db");
  EXPECT_EQ(p.commit, CommitScope::run);
  EXPECT_EQ(p.tables[0].keep, Keep::first);
  EXPECT_EQ(p.max_rejects.count, 3U);
  folder.write(
      "p.yaml",
      kPipeline + "to: { connection: \"duckdb:own.db\", mode: upsert, key: id, commit: unit }\nmax_rejects: 5%\n");
  const Pipeline own = folder.load("p.yaml");
  EXPECT_EQ(own.connection.label, "duckdb:own.db");
  EXPECT_EQ(own.commit, CommitScope::unit);
  EXPECT_EQ(own.max_rejects.rate, 0.05);
}

TEST(Project, Interpolation) {
  const Folder folder;
  const EnvironmentVariable variable("INGOT_TEST_A", "x${var.b}");
  folder.write("secret.txt", "s3cret\n");
  folder.write("sub/ingot.yaml", "vars: { b: b1, c: \"${var.b}-${file:../secret.txt}\", d: \"${var.d}\" }\n");
  folder.write("sub/p.yaml", kPipeline);
  const auto paths = [&](const std::string& from) { return folder.load("sub/p.yaml", {{"from", from}}).from.paths[0]; };
  EXPECT_EQ(paths("${env.INGOT_TEST_A}.csv"), "x${var.b}.csv");  // not read again
  EXPECT_EQ(paths("a${var.c}${var.b}.csv"), "ab1-s3cretb1.csv");
  EXPECT_EQ(paths("$${var.b}$$.csv"), "${var.b}$$.csv");
  struct Case {
    std::string text;
    std::string error;
  };
  const Case cases[] = {
      {"${env.INGOT_TEST_NONE}.csv", "error: environment variable is not set: \"INGOT_TEST_NONE\" (--set from)\n"},
      {"${var.xyz}.csv", "error: unknown variable: \"xyz\" (--set from)\n  hint: valid: b, c, d\n"},
      {"${var.d}.csv", "error: variables refer to each other: \"d\" (--set from)\n"},
      {"${file:none}.csv",
       "error: cannot read file of ${file:…}: \"none\" (--set from)\n  hint: it must be a readable file of at most "
       "65536 bytes\n"},
      {"${data_interval_start:%Y}.csv",
       "error: not supported by this version yet: ${data_interval_start:%Y} (--set from)\n"},
      {"${HOME}.csv",
       "error: unknown interpolation: ${HOME} (--set from)\n"
       "  hint: valid: ${env.NAME}, ${var.NAME}, ${file:PATH}; write $${ for a literal ${\n"},
      {"${env.A", "error: unclosed ${ (--set from)\n  hint: write $${ for a literal ${\n"},
  };
  for (const Case& c : cases) EXPECT_EQ(folder.errors("sub/p.yaml", {{"from", c.text}}), c.error) << c.text;
}

TEST(Project, WhatWasBroughtInIsNeverShown) {
  const Folder folder;
  const EnvironmentVariable secret("INGOT_TEST_SECRET", "hunter2://u:hunter2@h/hunter2?%");
  folder.write("p.yaml", kPipeline);
  const std::string reference = "${env.INGOT_TEST_SECRET}";
  for (const char* path : {"name", "from", "from.path", "from.format", "from.delimiter", "columns.id.type",
                           "columns.id.from", "columns.id.default", "columns.id.required", "to.connection", "to.table",
                           "to.mode", "to.key", "to.commit", "max_rejects", "max_rejects.rate", "max_rejects.count"}) {
    std::vector<Override> overrides{{path, reference}};
    if (std::string(path) == ("to.key")) overrides.push_back({"to.mode", "upsert"});
    if (std::string(path) == ("to.table")) overrides[0].value = ".." + reference;
    const std::string errors = folder.errors("p.yaml", overrides);
    EXPECT_NE(errors, "") << path;
    EXPECT_EQ(errors.find("hunter2"), std::string::npos) << errors;
  }
  folder.write("p.yaml", kPipeline + "to: { connection: INGOT_TEST_SECRET }\n");
  EXPECT_EQ(folder.errors("p.yaml"),
            "error: not a usable connection URL: $INGOT_TEST_SECRET (p.yaml:3:19)\n  hint: valid: duckdb, postgresql, "
            "postgres, file\n");
}

TEST(Project, Mistakes) {
  struct Case {
    std::string yaml;
    std::string errors;
  };
  const Case cases[] = {
      {"conections: {}\n",
       "error: unknown key: \"conections\" (ingot.yaml:1:1)\n  hint: did you mean \"connections\"?\n"},
      {"state: pg\n", "error: not supported by this version yet: \"state\" (ingot.yaml:1:1)\n"},
      {"[\n",
       "error: not YAML: end of sequence flow not found (ingot.yaml:2:1)\n"
       "  hint: quote a value that holds any of : # , [ ] { } & * ! | > @ % or begins with a quote\n"},
      {"connections: { a: { ulr: x } }\n",
       "error: connection without url: \"a\" (ingot.yaml:1:16)\nerror: unknown key: \"ulr\" (ingot.yaml:1:21)\n  hint: "
       "did you mean \"url\"?\n"},
      {"connections: { \"a:b\": x }\n",
       "error: not a name for a connection: \"a:b\" (ingot.yaml:1:16)\n  hint: a name has no colon\n"},
      {"vars: { a: [b] }\n", "error: expected text for the variable: \"a\" (ingot.yaml:1:12)\n"},
      {"environments: { prod: { var: {} } }\n",
       "error: unknown key: \"var\" (ingot.yaml:1:25)\n  hint: did you mean \"vars\"?\n"},
      {"defaults: { mode: upsert }\n",
       "error: unknown key: \"mode\" (ingot.yaml:1:13)\n  hint: valid: connection, commit, keep, max_rejects, "
       "unmatched\n"},
      {"defaults: { keep: best }\n", "error: unknown keep: \"best\" (ingot.yaml:1:19)\n  hint: valid: first, last\n"},
  };
  for (const Case& c : cases) {
    const Folder folder;
    folder.write("ingot.yaml", c.yaml);
    folder.write("p.yaml", kPipeline);
    EXPECT_EQ(folder.errors("p.yaml"), c.errors) << c.yaml;
  }
}

TEST(Connection, Mistakes) {
  struct Case {
    std::string url;
    std::string message;
    std::string hint;
  };
  const std::string all = "valid: duckdb, postgresql, postgres, file";
  const Case cases[] = {
      {"postgress://u:secret@h/d", "unknown kind of connection: \"postgress\"", "did you mean \"postgres\"?"},
      {"oracle://h/d", "unknown kind of connection: \"oracle\"", all},
      {"dynamodb://eu-west-1", "not supported by this version yet: dynamodb:", all},
      {"postgresql:h", "not a connection URL, // is missing: postgresql:", "write postgresql://user@host/database"},
      {"duckdb:", "no file in the connection: duckdb:", "write duckdb:FILE"},
      {"duckdb:md:x", "not supported by this version yet: duckdb:md:", "write duckdb:FILE"},
      {"duckdb::memory:", "a database in memory keeps nothing: duckdb::memory:", "write duckdb:FILE"},
  };
  for (const Case& c : cases) {
    const auto connection = parse_connection(c.url, "/d");
    ASSERT_FALSE(connection.has_value()) << c.url;
    EXPECT_EQ(connection.error().message, c.message);
    EXPECT_EQ(connection.error().hint, c.hint);
  }
  EXPECT_EQ(parse_connection("duckdb:///a/b.db", "/d")->url.reveal(), "duckdb:/a/b.db");
  EXPECT_EQ(parse_connection("duckdb:../b.db", "/d/e")->url.reveal(), "duckdb:/d/b.db");
  const Folder folder;
  folder.write("p.yaml", kPipeline + "to: { connection: \"host=h password=secret\" }\n");
  EXPECT_EQ(folder.errors("p.yaml"),
            "error: not a connection URL (p.yaml:3:19)\n  hint: write postgresql://user@host/database\n");
  folder.write("p.yaml", kPipeline + "to: { connection: out/x.duckdb }\n");
  EXPECT_EQ(folder.errors("p.yaml"),
            "error: unknown connection: \"out/x.duckdb\" (p.yaml:3:19)\n  hint: for a DuckDB file write "
            "duckdb:out/x.duckdb\n");
}

TEST(Connection, LabelsHoldNoPassword) {
  const std::pair<std::string, std::string> cases[] = {
      {"postgresql://h/d", "postgresql://h/d"},
      {"postgres://u@h:5432/d", "postgres://u@h:5432/d"},
      {"postgresql://u:secret@h:5432/d?sslmode=require&password=secret", "postgresql://u@h:5432/d"},
      {"postgresql://u:se@cret@h/d", "postgresql://u@h/d"},
      {"postgresql://u:se/cret@h/d", "postgresql://u@h/d"},
      {"postgresql://u:?secret@h/d", "postgresql://…"},
      {"postgresql://u:secret", "postgresql://…"},
      {"postgresql://u/x:secret@h/d", "postgresql://…"},
      {"postgresql:///d?host=/tmp&user=a@b", "postgresql://…"},
      {"postgresql://u:secret@[::1]:5432,h2:1/d", "postgresql://u@[::1]:5432,h2:1/d"},
  };
  for (const auto& [url, label] : cases) EXPECT_EQ(postgres_label(url), label) << url;
}

TEST(Options, EveryOneIsDescribed) {
  const std::string page = options_reference_markdown();
  for (const Option& option : all_options()) {
    EXPECT_FALSE(option.doc.empty()) << option.name;
    EXPECT_TRUE(option.doc.ends_with('.')) << option.name;
    EXPECT_EQ(option.form == Form::choice, !option.choices.empty()) << option.name;
    EXPECT_EQ(find_option(option.section, option.name), &option) << option.name;
    EXPECT_NE(page.find("| `" + std::string(option.name) + "` |"), std::string::npos) << option.name;
    EXPECT_EQ(option.form == Form::integer, option.least < option.most) << option.name;
  }
}

}  // namespace
}  // namespace ingot::spec
