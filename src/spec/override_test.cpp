#include "spec/override.h"

#include <gtest/gtest.h>

#include "spec/folder_for_test.h"

namespace ingot::spec {
namespace {

class Overrides : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.write("p.yaml",
                  "from: a.csv\ncolumns:\n  id: integer\n  price: numeric(4,2)\n  a.b: text\nto: { mode: upsert, key: "
                  "id, keep: last }\n");
  }
  Folder folder_;
};

TEST_F(Overrides, ReplaceAndCreate) {
  const Pipeline p = folder_.load("p.yaml", {{"from.new", "all"},
                                             {"columns.price.required", "true"},
                                             {"columns.\"a.b\".default", "x: #y"},
                                             {"columns.extra", "varchar(3) required"},
                                             {"columns.made.value", "a #>> '{b}'"},
                                             {"columns.made.type", "text"},
                                             {"to.key", "[id, price]"},
                                             {"to.connection", "duckdb:other.db"},
                                             {"max_rejects.count", "3"},
                                             {"from.null", "NULL"}});
  EXPECT_TRUE(p.from.all);
  EXPECT_EQ(p.from.paths, std::vector<std::string>{"a.csv"});
  EXPECT_EQ(p.from.csv.null_texts, std::vector<std::string>{"NULL"});
  const TableSpec& table = p.tables[0];
  ASSERT_EQ(table.columns.size(), 5U);
  EXPECT_TRUE(table.columns[1].required);
  EXPECT_EQ(sql_name(table.columns[1].type), "numeric(4,2)");
  EXPECT_EQ(table.columns[2].default_text, "x: #y");
  EXPECT_TRUE(table.columns[3].required);
  EXPECT_EQ(table.columns[4].value->text, "a #>> '{b}'");
  EXPECT_EQ(table.columns[4].where.file, "--set columns.made.value");
  EXPECT_EQ(table.key, (std::vector<std::string>{"id", "price"}));
  EXPECT_EQ(p.connection.url.reveal(), "duckdb:" + folder_.path() + "/other.db");
  EXPECT_EQ(p.max_rejects.count, 3U);
}

TEST_F(Overrides, NullRemoves) {
  const Pipeline p =
      folder_.load("p.yaml", {{"to.mode", "null"}, {"to.key", "null"}, {"to.keep", "null"}, {"where", "null"}});
  EXPECT_EQ(p.tables[0].mode, Mode::append);
}

TEST_F(Overrides, AppendOverAPipelineWithKey) {
  const Pipeline p = folder_.load("p.yaml", {{"to.mode", "append"}});
  EXPECT_EQ(p.tables[0].mode, Mode::append);
  EXPECT_TRUE(p.tables[0].key.empty());
  EXPECT_EQ(folder_.errors("p.yaml", {{"to.mode", "append"}, {"to.key", "id"}}),
            "error: no effect with mode append: \"key\" (p.yaml:6:21)\n  hint: write mode: upsert, or remove it\n");
}

TEST_F(Overrides, Mistakes) {
  struct Case {
    Override change;
    std::string error;
  };
  const std::string path = "  hint: write --set to.table=orders; a name with a dot goes in double quotes\n";
  const Case cases[] = {
      {{"to.tabel", "x"}, "error: unknown key: \"tabel\" (--set to.tabel)\n  hint: did you mean \"table\"?\n"},
      {{"to.mode", "apend"}, "error: unknown mode: \"apend\" (--set to.mode)\n  hint: did you mean \"append\"?\n"},
      {{"to.connection", "pg"},
       "error: unknown connection: \"pg\" (--set to.connection)\n  hint: give duckdb:FILE, postgresql://…, "
       "file:FOLDER, a connection of ingot.yaml, or the name of an environment variable that holds a URL\n"},
      {{"to.mode.x", "y"}, "error: not a mapping, nothing can be set below it: \"to.mode\" (--set to.mode.x)\n"},
      {{"to..x", "y"}, "error: not the path of an option: \"to..x\" (--set to..x)\n" + path},
      {{"", "y"}, "error: not the path of an option: \"\" (--set )\n" + path},
      {{"[0]", "y"}, "error: not the path of an option: \"[0]\" (--set [0])\n" + path},
      {{"to.key[3]", "y"}, "error: no such list element to set: \"to.key[3]\" (--set to.key[3])\n"},
      {{"to.key", "[id"},
       "error: not YAML: end of sequence flow not found (--set to.key)\n"
       "  hint: quote a value that holds any of : # , [ ] { } & * ! | > @ % or begins with a quote\n"},
      {{"where", "\xff"}, "error: not UTF-8 text (--set where)\n"},
      {{"where", ""}, "error: empty SQL expression: \"where\" (--set where)\n"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.change.path);
    EXPECT_EQ(folder_.errors("p.yaml", {c.change}), c.error);
  }
}

}  // namespace
}  // namespace ingot::spec
