#include <gtest/gtest.h>

#include "spec/folder_for_test.h"

namespace ingot::spec {
namespace {

const std::string kBase = "from: a.csv\ncolumns: { id: integer, name: text }\nto: { table: p }\nmodels:\n";

void expect_errors(const std::string& models, const std::string& errors, const std::string& connection = "") {
  SCOPED_TRACE(models);
  const Folder folder;
  folder.write("p.yaml", kBase + models);
  std::vector<Override> overrides;
  if (!connection.empty()) overrides.push_back({"to.connection", connection});
  EXPECT_EQ(folder.errors("p.yaml", overrides), errors);
}

TEST(Models, AreRead) {
  const Folder folder;
  folder.write("p.yaml", kBase + R"(
  s.sums:
    materialized: table
    key: [name, day]
    columns: { id: uuid generated, name: varchar(4) required, day: { type: date, required: true }, n: { type: uuid, generated: true } }
    sql: |
      select 1 as name;
    after: v
  v: { sql: "select $${x}" }
)");
  const Pipeline pipeline = folder.load("p.yaml");
  ASSERT_EQ(pipeline.models.size(), 2u);
  const ModelSpec& sums = pipeline.models[0];
  EXPECT_EQ(sums.name, "s.sums");
  EXPECT_EQ(sums.materialized, Materialized::table);
  EXPECT_EQ(sums.key, (std::vector<std::string>{"name", "day"}));
  EXPECT_EQ(sums.sql, "select 1 as name");
  EXPECT_EQ(sums.after, std::vector<std::string>{"v"});
  ASSERT_EQ(sums.columns.size(), 4u);
  EXPECT_TRUE(sums.columns[0].generated && sums.columns[3].generated);
  EXPECT_TRUE(sums.columns[1].required && sums.columns[2].required && !sums.columns[1].generated);
  EXPECT_EQ(sums.columns[1].type.max_chars, 4u);
  EXPECT_EQ(pipeline.models[1].materialized, Materialized::view);
  EXPECT_EQ(pipeline.models[1].sql, "select ${x}");
}

TEST(Models, ADefinitionIsAllThatDecidesWhatAModelHolds) {
  const auto definition = [](const std::string& text) {
    const Folder folder;
    folder.write("p.yaml", kBase + "  m: { " + text + " }\n  o: { sql: select 1 }\n");
    return folder.load("p.yaml").models.front().definition;
  };
  const std::string base = definition("materialized: table, key: a, columns: { a: text }, sql: select 'x' as a");
  EXPECT_EQ(base, definition("materialized: table, key: a, columns: { a: text }, sql: select 'x' as a, after: o"));
  for (const char* other :
       {"materialized: incremental, key: a, columns: { a: text }, sql: select 'x' as a",
        "materialized: table, columns: { a: text }, sql: select 'x' as a",
        "materialized: table, key: a, columns: { a: varchar(9) }, sql: select 'x' as a",
        "materialized: table, key: a, columns: { a: text required }, sql: select 'x' as a",
        "materialized: table, key: a, columns: { b: uuid generated, a: text }, sql: select 'x' as a",
        "materialized: table, key: a, columns: { a: text }, sql: select 'y' as a"}) {
    EXPECT_NE(base, definition(other)) << other;
  }
}

TEST(Models, DoNotChangeWhatIsLoaded) {
  const Folder folder;
  folder.write("p.yaml", kBase + "  v: { sql: select 1 }\n");
  folder.write("q.yaml", "name: p\nfrom: a.csv\ncolumns: { id: integer, name: text }\nto: { table: p }\n");
  EXPECT_EQ(folder.load("p.yaml").hash, folder.load("q.yaml").hash);
}

TEST(Models, WhatIsWrongIsSaid) {
  const std::string table = "  m: { materialized: table, sql: select 1, ";
  expect_errors("  {}\n", "error: no models (p.yaml:5:3)\n  hint: declare each model as NAME: { sql: SELECT … }\n");
  expect_errors("  v: {}\n", "error: model without sql: \"v\" (p.yaml:5:3)\n  hint: add sql: SELECT …\n");
  expect_errors("  v: { sql: \" ; \" }\n", "error: empty SQL expression: \"sql\" (p.yaml:5:13)\n");
  expect_errors("  v: { sql: select 1, kind: view }\n",
                "error: unknown key: \"kind\" (p.yaml:5:23)\n"
                "  hint: valid: materialized, sql, columns, key, after\n");
  expect_errors("  v: { sql: select 1, materialized: veiw }\n",
                "error: unknown materialized: \"veiw\" (p.yaml:5:37)\n  hint: did you mean \"view\"?\n");
  expect_errors("  v: { sql: \"select ${var.x}\" }\n",
                "error: no interpolation in an SQL expression: ${var.x} (p.yaml:5:13)\n"
                "  hint: text put into SQL would be read as SQL; write $${ for a literal ${\n");
  expect_errors("  a.b.c: { sql: select 1 }\n",
                "error: not a table name: \"a.b.c\" (p.yaml:5:3)\n"
                "  hint: write table or schema.table; a part with a dot, a space or a quote goes in double quotes\n");
  expect_errors("  ingot.v: { sql: select 1 }\n",
                "error: the schema ingot holds the ledger: \"ingot.v\" (p.yaml:5:3)\n  hint: choose another schema\n");
  expect_errors("  P: { sql: select 1 }\n",
                "error: the pipeline loads a table of this name: \"P\" (p.yaml:5:3)\n"
                "  hint: give the model a name of its own\n");
  expect_errors("  v: { sql: select 1 }\n  V: { sql: select 1 }\n",
                "error: model declared twice: \"V\" (p.yaml:6:3)\n");
  expect_errors("  v: { sql: select 1, key: a }\n",
                "error: no effect with materialized: view: \"key\" (p.yaml:5:23)\n"
                "  hint: write materialized: table, or remove it\n");
  expect_errors("  v: { sql: select 1, after: w }\n  vv: { sql: select 1 }\n",
                "error: after names no model: \"w\" (p.yaml:5:3)\n  hint: valid: v, vv\n");
  expect_errors("  v: { sql: select 1, after: v }\n", "error: a model cannot come after itself: \"v\" (p.yaml:5:3)\n");
  expect_errors(
      "  v: { sql: select 1, materialized: materialized_view }\n",
      "error: DuckDB has no materialized views: \"v\" (p.yaml:5:3)\n  hint: write materialized: table, or view\n");
  expect_errors("  v: { sql: select 1, materialized: materialized_view }\n", "", "postgresql://h/d");
  expect_errors("  m: { sql: select 1, materialized: table }\n",
                "error: table without columns: \"m\" (p.yaml:5:3)\n"
                "  hint: declare the columns of its sql as NAME: TYPE\n");
  expect_errors("  m: { sql: select 1, materialized: incremental, columns: { a: text } }\n",
                "error: incremental without key: \"m\" (p.yaml:5:3)\n  hint: add key: COLUMN, or key: [COLUMN, …]\n");
  expect_errors(table + "columns: { a: text }, key: b }\n",
                "error: key is not a column: \"b\" (p.yaml:5:71)\n  hint: valid: a\n");
  expect_errors(table + "columns: { a: text, b: uuid generated }, key: b }\n",
                "error: a generated column cannot be a key: \"b\" (p.yaml:5:90)\n"
                "  hint: the key is what tells the rows of the sql apart\n");
  expect_errors(table + "columns: { a: json }, key: a }\n",
                "error: a column of type json cannot be a key: \"a\" (p.yaml:5:71)\n");
  expect_errors(table + "columns: { a: text, b: interval }, key: a }\n",
                "error: an interval in a model with a key, in DuckDB: \"b\" (p.yaml:5:64)\n"
                "  hint: leave the key out: the rows are then replaced; or declare it text\n");
  expect_errors(table + "columns: { a: text, b: interval }, key: a }\n", "", "postgresql://h/d");
  expect_errors(table + "columns: { a: text }, key: [a, a] }\n",
                "error: column repeated in key: \"a\" (p.yaml:5:75)\n");
  expect_errors(table + "columns: { a: integer generated, b: text }, key: b }\n",
                "error: only uuid columns are generated: \"a\" (p.yaml:5:58)\n"
                "  hint: leave a serial column of an existing table out: the table fills it\n");
  expect_errors(table + "columns: { a: uuid generated, b: text } }\n",
                "error: generated column without a key: \"a\" (p.yaml:5:55)\n"
                "  hint: add key: COLUMN; without it all rows are made anew, and their values with them\n");
  expect_errors(table + "columns: { a: uuid generated }, key: b }\n",
                "error: no column comes from the sql: \"m\" (p.yaml:5:53)\n"
                "error: key is not a column: \"b\" (p.yaml:5:81)\n  hint: valid: a\n");
  expect_errors(table + "columns: { a: text, A: text } }\n",
                "error: columns differ only in upper and lower case: \"A\" (p.yaml:5:64)\n");
  expect_errors(table + "columns: { a: } }\n",
                "error: column without a type: \"a\" (p.yaml:5:55)\n  hint: write NAME: TYPE, such as name: text\n");
  expect_errors(table + "columns: { a: { required: true } } }\n",
                "error: column without a type: \"a\" (p.yaml:5:55)\n  hint: add type\n");
  expect_errors(table + "columns: { \"\": text } }\n", "error: column without a name (p.yaml:5:55)\n");
  expect_errors(table + "columns: { a: txt } }\n",
                "error: unknown type: \"txt\" (p.yaml:5:58)\n  hint: did you mean text?\n");
  const std::string name(64, 'x');
  expect_errors("  " + name + ": { sql: select 1 }\n",
                "error: name too long for Postgres, limit in bytes: 63 (p.yaml:5:3)\n  hint: the server would cut it\n",
                "postgresql://h/d");
}

}  // namespace
}  // namespace ingot::spec
