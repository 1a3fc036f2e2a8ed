#include "spec/pipeline.h"

#include <gtest/gtest.h>

#include <set>

#include "spec/folder_for_test.h"

namespace ingot::spec {
namespace {

const std::string kProducts =
    "from: data/products*.csv.gz\n"
    "columns:\n"
    "  name: varchar(420)\n"
    "  sku: varchar(120) REQUIRED\n"
    "  price: { type: \"numeric(4,2)\", from: [a.b, '\"x.y\"[0]'], default: 1.20 }\n"
    "to: { table: shop.products, mode: upsert, key: sku, keep: first, commit: run }\n";

TEST(Pipeline, ReadsOneTable) {
  const Folder folder;
  folder.write("products.yaml", kProducts);
  const Pipeline p = folder.load("products.yaml");
  EXPECT_EQ(p.name, "products");
  EXPECT_EQ(p.base_dir, folder.path());
  EXPECT_EQ(p.from.paths, std::vector<std::string>{"data/products*.csv.gz"});
  EXPECT_EQ(p.from.format, FormatKind::csv);
  EXPECT_FALSE(p.from.all);
  EXPECT_FALSE(p.routed);
  EXPECT_EQ(p.commit, CommitScope::run);
  EXPECT_EQ(p.connection.label, "duckdb:products.duckdb");
  EXPECT_EQ(p.connection.url.reveal(), "duckdb:" + folder.path() + "/products.duckdb");
  ASSERT_EQ(p.tables.size(), 1U);
  const TableSpec& table = p.tables[0];
  EXPECT_EQ(table.name, "shop.products");
  EXPECT_EQ(table.mode, Mode::upsert);
  EXPECT_EQ(table.keep, Keep::first);
  EXPECT_EQ(table.key, std::vector<std::string>{"sku"});
  ASSERT_EQ(table.columns.size(), 3U);
  EXPECT_FALSE(table.columns[0].required);
  EXPECT_EQ(table.columns[0].from, (std::vector<Path>{{{"name"}}}));
  EXPECT_TRUE(table.columns[1].required);
  EXPECT_EQ(sql_name(table.columns[1].type), "varchar(120)");
  EXPECT_EQ(table.columns[2].from, (std::vector<Path>{{{"a"}, {"b"}}, {{"x.y"}, {"", 0}}}));
  EXPECT_EQ(table.columns[2].default_text, "1.20");
  EXPECT_EQ(table.columns[2].where.line, 5);
}

TEST(Pipeline, ReadsSeveralTables) {
  const Folder folder;
  folder.write("media.yaml",
               "from: { path: [a.json, b.JSON.zst], new: all, max_depth: 7 }\n"
               "where: \"a -- $${\"\n"
               "to: { mode: upsert, key: id, keep: first }\n"
               "unmatched: skip\n"
               "tables:\n"
               "  songs: { when: type = 'song', root: data, columns: { id: integer, at: { type: timestamp, value: "
               "meta.loaded_at } } }\n"
               "  other: { mode: append, columns: { x.y: json } }\n");
  const Pipeline p = folder.load("media.yaml");
  EXPECT_TRUE(p.from.all);
  EXPECT_EQ(p.from.format, FormatKind::json);
  EXPECT_EQ(p.from.json.layout, JsonOptions::Layout::values);
  EXPECT_EQ(p.from.json.max_depth, 7);
  EXPECT_EQ(p.where->text, "a -- ${");
  EXPECT_EQ(p.unmatched, Unmatched::skip);
  EXPECT_TRUE(p.routed);
  ASSERT_EQ(p.tables.size(), 2U);
  EXPECT_EQ(p.tables[0].when->text, "type = 'song'");
  EXPECT_EQ(p.tables[0].when->where.line, 6);
  EXPECT_EQ(p.tables[0].root, (Path{{"data"}}));
  EXPECT_EQ(p.tables[0].key, std::vector<std::string>{"id"});
  EXPECT_EQ(p.tables[0].keep, Keep::first);
  EXPECT_EQ(p.tables[0].columns[1].value->text, "meta.loaded_at");
  EXPECT_TRUE(p.tables[0].columns[1].from.empty());
  EXPECT_FALSE(p.tables[1].when);
  EXPECT_EQ(p.tables[1].mode, Mode::append);
  EXPECT_TRUE(p.tables[1].key.empty());
  EXPECT_EQ(p.tables[1].columns[0].from, (std::vector<Path>{{{"x.y"}}}));  // a name is no path
}

TEST(Pipeline, ReadsCsvOptions) {
  const Folder folder;
  const std::string columns = "columns: { a: text }\n";
  folder.write("p.yaml",
               "from:\n  path: a.csv\n  delimiter: tab\n  quote: \"'\"\n  escape: \\\n  header: false\n  null: [NULL, "
               "~, \"\", n/a]\n" +
                   columns);
  const CsvOptions csv = folder.load("p.yaml").from.csv;
  EXPECT_EQ(csv.delimiter, '\t');
  EXPECT_EQ(csv.quote, '\'');
  EXPECT_EQ(csv.escape, '\\');
  EXPECT_EQ(csv.header, CsvOptions::Header::absent);
  EXPECT_EQ(csv.null_texts, (std::vector<std::string>{"NULL", "~", "", "n/a"}));

  folder.write("p.yaml", "from: { path: a.tsv.gz, null: NULL, escape: '\"' }\n" + columns);
  const CsvOptions tabs = folder.load("p.yaml").from.csv;
  EXPECT_EQ(tabs.delimiter, '\t');
  EXPECT_EQ(tabs.escape, 0);
  EXPECT_EQ(tabs.null_texts, std::vector<std::string>{"NULL"});
}

TEST(Pipeline, KeysSpelledNullAreKeys) {
  const Folder folder;
  folder.write("p.yaml", "from: a.csv\ncolumns:\n  null: text\n  ~: text\n");
  const Pipeline p = folder.load("p.yaml");
  ASSERT_EQ(p.tables[0].columns.size(), 2U);
  EXPECT_EQ(p.tables[0].columns[0].name, "null");
  EXPECT_EQ(p.tables[0].columns[1].name, "~");
  folder.write("p.yaml", "from: a.csv\ncolumns:\n  a:\n  null: text\n");
  EXPECT_EQ(folder.errors("p.yaml"),
            "error: column without a type: \"a\" (p.yaml:3:3)\n  hint: write NAME: TYPE, such as name: text\n");
}

TEST(Pipeline, ReadsLimitsOfRejects) {
  struct Case {
    std::string text;
    std::optional<uint64_t> count;
    std::optional<double> rate;
    uint64_t floor;
  };
  const Folder folder;
  for (const Case& c :
       {Case{"", std::nullopt, 0.01, 10}, Case{"max_rejects: 10", 10, std::nullopt, 10},
        Case{"max_rejects: 0", 0, std::nullopt, 10}, Case{"max_rejects: 0.5%", std::nullopt, 0.005, 10},
        Case{"max_rejects: 0%", std::nullopt, 0.0, 0}, Case{"max_rejects: { count: 3, rate: 50% }", 3, 0.5, 10}}) {
    SCOPED_TRACE(c.text);
    folder.write("p.yaml", "from: a.csv\ncolumns: { a: text }\n" + c.text + "\n");
    const RejectLimit limit = folder.load("p.yaml").max_rejects;
    EXPECT_EQ(limit.count, c.count);
    EXPECT_EQ(limit.rate, c.rate);
    EXPECT_EQ(limit.floor, c.floor);
  }
}

TEST(Pipeline, AliasesStandForWhatTheyName) {
  const Folder folder;
  folder.write(
      "p.yaml",
      "from: a.csv\ntables:\n  a: { when: x, columns: &c { x: text, y: \"numeric(4,2)\" } }\n  b: { columns: *c }\n");
  const Pipeline p = folder.load("p.yaml");
  EXPECT_EQ(p.tables[1].columns.size(), 2U);
}

TEST(Pipeline, ReadsFormatsOfLinesAndRecordPaths) {
  const Folder folder;
  folder.write("p.yaml", "from: { path: a.txt, format: pyliteral }\ncolumns: { id: integer }\n");
  EXPECT_EQ(folder.load("p.yaml").from.json.layout, JsonOptions::Layout::literals);
  folder.write("p.yaml", "from: { path: a.json, records: 'data.x[1].items[*]' }\ncolumns: { id: integer }\n");
  const Pipeline p = folder.load("p.yaml");
  EXPECT_EQ(p.from.json.records, (Path{{"data"}, {"x"}, {"", 1}, {"items"}}));
  EXPECT_NE(p.hash, folder.load("p.yaml", {{"from.records", "data.x[1].other[*]"}}).hash);
  EXPECT_NE(p.hash, folder.load("p.yaml", {{"from.records", "null"}}).hash);
}

TEST(Pipeline, HashTellsWhatDecidesTheResult) {
  const Folder folder;
  folder.write("products.yaml", kProducts);
  const std::string hash = folder.load("products.yaml").hash;
  EXPECT_EQ(hash.size(), 32U);
  EXPECT_EQ(hash, folder.load("products.yaml").hash);
  for (const Override& same :
       {Override{"to.connection", "duckdb:x.db"}, Override{"max_rejects", "7"}, Override{"name", "x"},
        Override{"columns.name.required", "false"}, Override{"from.path", "data/products*.csv.gz"}}) {
    EXPECT_EQ(folder.load("products.yaml", {same}).hash, hash) << same.path;
  }
  std::set<std::string> hashes{hash};
  const std::vector<Override> changes = {{"from", "x.csv"},
                                         {"from.new", "all"},
                                         {"from.overwritten", "refuse"},
                                         {"from.delimiter", ";"},
                                         {"from.quote", "'"},
                                         {"from.escape", "\\"},
                                         {"from.header", "true"},
                                         {"from.null", "NULL"},
                                         {"from.format", "json"},
                                         {"from.format", "ndjson"},
                                         {"from.format", "pyliteral"},
                                         {"columns.name", "text"},
                                         {"columns.name.required", "true"},
                                         {"columns.name.from", "n"},
                                         {"columns.name.value", "n"},
                                         {"columns.name.default", "n"},
                                         {"columns.name.default", ""},
                                         {"columns.extra", "text"},
                                         {"where", "true"},
                                         {"to.table", "t"},
                                         {"to.mode", "append"},
                                         {"to.mode", "insert_new"},
                                         {"to.mode", "replace"},
                                         {"to.key", "name"},
                                         {"to.key", "[sku, name]"},
                                         {"to.keep", "last"},
                                         {"to.commit", "unit"}};
  for (const Override& change : changes) {
    EXPECT_TRUE(hashes.insert(folder.load("products.yaml", {change}).hash).second)
        << change.path << "=" << change.value;
  }
  const Override last{"to.keep", "last"}, part{"to.commit", "part"};
  const auto in_parts = [&](const char* size) {
    return folder.load("products.yaml", {last, part, {"to.part_size", size}}).hash;
  };
  EXPECT_EQ(in_parts("256MiB"), folder.load("products.yaml", {last, part}).hash);
  for (const char* size : {"256MiB", "64MiB"}) EXPECT_TRUE(hashes.insert(in_parts(size)).second) << size;
}

}  // namespace
}  // namespace ingot::spec
