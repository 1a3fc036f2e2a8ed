#include "target/duckdb/target.h"

#include <gtest/gtest.h>

#include "embedded/sql.h"
#include "spec/folder_for_test.h"

namespace ingot {

namespace {

// Tables that are refused before anything is loaded, each with its reason.
class DuckDbTargetTest : public testing::Test {
 protected:
  Result<std::unique_ptr<Target>> open(const std::string& file) {
    Connection connection;
    connection.url = Secret("duckdb:" + file);
    connection.label = "duckdb:t.duckdb";
    return open_duckdb_target(connection, engine_, {}, false);
  }
  /// Makes table x and says what is wrong with it, `message|hint`; "" if it fits.
  std::string refusal(const std::string& ddl, const std::string& type = "integer", std::vector<std::string> key = {}) {
    const auto target = std::move(*open(folder_.path() + "/" + std::to_string(++files_) + ".duckdb"));
    const Status made = run_sql(engine_, ddl);
    EXPECT_TRUE(made) << made.error().message;
    Pipeline pipeline;
    pipeline.tables.resize(1);
    TableSpec& table = pipeline.tables[0];
    table.name = "x";
    table.columns.resize(1);
    table.columns[0].name = "a";
    table.columns[0].type = *parse_type(type);
    table.mode = key.empty() ? Mode::append : Mode::upsert;
    table.key = std::move(key);
    const auto shapes = target->inspect(pipeline);
    if (shapes) return "";
    EXPECT_EQ(shapes.error().code, Code::target_refused);
    return shapes.error().message + "|" + shapes.error().hint;
  }

  spec::Folder folder_;
  int files_ = 0;
  duckdb::DuckDB database_{nullptr};
  duckdb::Connection engine_{database_};
};

TEST_F(DuckDbTargetTest, TablesThatDoNotFit) {
  EXPECT_EQ(refusal("CREATE TABLE x (A integer, b integer DEFAULT 5)"), "");
  EXPECT_EQ(refusal("CREATE VIEW x AS SELECT 1 AS a"), "main.x is a view; rows are loaded into tables|");
  EXPECT_EQ(refusal("CREATE TABLE x (b integer)"),
            "table main.x has no column a|write to.alter: add, or add it (ALTER TABLE \"main\".\"x\" ADD COLUMN \"a\" "
            "integer), or take it out of "
            "the pipeline's columns");
  EXPECT_EQ(refusal("CREATE TABLE x (a FLOAT)"),
            "column a of table main.x is FLOAT, which cannot hold integer exactly|declare the column as what the table "
            "has, or change the table");
  EXPECT_EQ(
      refusal("CREATE TABLE x (a DATE)", "timestamp"),
      "column a of table main.x is DATE, which cannot hold timestamp exactly|declare the column as what the table "
      "has, or change the table");
  EXPECT_EQ(refusal("CREATE TABLE x (a integer, b integer NOT NULL)"),
            "column b of table main.x is NOT NULL without a default, and the pipeline does not fill it|add it to the "
            "pipeline's columns");
  EXPECT_EQ(refusal("CREATE TABLE x (a integer, b integer, UNIQUE (a, b))", "integer", {"a"}), "");
  EXPECT_EQ(refusal("CREATE TABLE x (a integer); CREATE UNIQUE INDEX half ON x ((a // 2))"),
            "table main.x has a unique index on an expression, which cannot be checked row by row: half|");
  EXPECT_EQ(refusal("CREATE TABLE x (a integer); CREATE UNIQUE INDEX whole ON x (a)", "integer", {"a"}), "");
}

TEST_F(DuckDbTargetTest, FilesThatCannotBeOpened) {
  folder_.write("text.duckdb", std::string(20'000, 'x'));
  for (const std::string file : {"text.duckdb", "no/such/folder.duckdb"}) {
    const auto target = open(folder_.path() + "/" + file);
    ASSERT_FALSE(target);
    EXPECT_EQ(target.error().code, Code::target_unreachable);
    EXPECT_TRUE(target.error().message.starts_with("cannot open duckdb:t.duckdb: ")) << target.error().message;
  }
}

}  // namespace

}  // namespace ingot
