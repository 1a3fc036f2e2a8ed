#include <gtest/gtest.h>

#include "spec/connection.h"
#include "spec/folder_for_test.h"

namespace ingot::spec {
namespace {

std::string errors_of(const std::string& to, const std::string& more = "") {
  const Folder folder;
  folder.write("p.yaml", "from: a.csv\ncolumns: { id: integer, name: text, f: real }\nto: { " + to + " }\n" + more);
  return folder.errors("p.yaml");
}

TEST(FileTarget, IsAFolder) {
  const Folder folder;
  folder.write("p.yaml",
               "from: a.csv\ncolumns: { id: integer, name: text }\n"
               "to: { connection: \"file:out/\", partition_by: name }\n");
  const Pipeline pipeline = folder.load("p.yaml");
  EXPECT_EQ(pipeline.connection.kind, Connection::Kind::files);
  EXPECT_EQ(pipeline.connection.label, "file:out/");
  EXPECT_EQ(files_folder(pipeline.connection), folder.path() + "/out");
  EXPECT_EQ(ledger_file(pipeline.connection), folder.path() + "/out/_ingot/ledger.duckdb");
  EXPECT_EQ(duckdb_file(pipeline.connection), "");
  EXPECT_EQ(pipeline.tables[0].file.format, FileFormat::parquet);
  EXPECT_EQ(pipeline.tables[0].file.compression, FileCompression::zstd);
  EXPECT_EQ(pipeline.tables[0].partition_by, std::vector<std::string>{"name"});
}

TEST(FileTarget, TextIsNotCompressedUnlessSo) {
  const Folder folder;
  const std::string base = "from: a.csv\ncolumns: { id: integer }\nto: { connection: \"file:///tmp/x\", format: csv";
  folder.write("p.yaml", base + " }\n");
  folder.write("q.yaml", base + ", compression: gzip }\n");
  const Pipeline plain = folder.load("p.yaml");
  const Pipeline packed = folder.load("q.yaml");
  EXPECT_EQ(files_folder(plain.connection), "/tmp/x");
  EXPECT_EQ(plain.tables[0].file.compression, FileCompression::none);
  EXPECT_EQ(packed.tables[0].file.compression, FileCompression::gzip);
  EXPECT_NE(plain.hash, packed.hash);
}

TEST(FileTarget, RefusesWhatNoFolderCanDo) {
  const std::string file = "connection: \"file:out\", ";
  EXPECT_EQ(errors_of("connection: \"file:\""),
            "error: no folder of this machine in the connection: file: (p.yaml:3:19)\n  hint: write file:FOLDER\n");
  EXPECT_EQ(errors_of("connection: \"file://host/out\""),
            "error: no folder of this machine in the connection: file: (p.yaml:3:19)\n  hint: write file:FOLDER\n");
  EXPECT_EQ(errors_of(file + "table: t, mode: upsert, key: id"),
            "error: mode upsert into a folder: \"t\" (p.yaml:3:38)\n  hint: no row of a file is changed: write mode "
            "append, replace or replace_partitions, or load into a database\n");
  EXPECT_EQ(errors_of(file + "table: s.t"),
            "error: a folder has no schemas: \"s.t\" (p.yaml:3:38)\n  hint: write the table's name alone, or name "
            "another folder in the connection\n");
  EXPECT_EQ(errors_of(file + "table: _t"),
            "error: a table's name is its folder's name: \"_t\" (p.yaml:3:38)\n  hint: without / * ? [, at most 200 "
            "bytes, and not beginning with _ or . (such folders are hidden)\n");
  EXPECT_EQ(errors_of(file + "partition_by: f"),
            "error: a column of type real cannot name folders: \"f\" (p.yaml:2:37)\n");
  EXPECT_EQ(errors_of(file + "table: t, partition_by: [id, name]", ""), "");
  EXPECT_EQ(errors_of(file + "format: csv, compression: snappy"),
            "error: compression: snappy without format: parquet (p.yaml:3:57)\n  hint: whole files are compressed with "
            "zstd or gzip\n");
  EXPECT_EQ(errors_of(file + "table: t", "models: { m: { sql: select 1 } }\n"),
            "error: models in a folder (p.yaml:4:9)\n  hint: they are built by a database: load into one, or remove "
            "them\n");
}

TEST(FileTarget, OtherTargetsHaveNoFiles) {
  EXPECT_EQ(errors_of("format: csv"),
            "error: no effect, the target is a database: \"format\" (p.yaml:3:7)\n  hint: write connection: "
            "file:FOLDER, or remove it\n");
  EXPECT_EQ(errors_of("partition_by: id"),
            "error: no effect with mode append: \"partition_by\" (p.yaml:3:7)\n  hint: write mode: replace_partitions, "
            "or remove it\n");
}

}  // namespace
}  // namespace ingot::spec
