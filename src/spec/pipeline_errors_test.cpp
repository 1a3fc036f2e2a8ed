#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "spec/folder_for_test.h"
#include "spec/options.h"
#include "types/fault.h"

namespace ingot::spec {
namespace {

struct Case {
  std::string yaml;
  std::string errors;
};

// Lines 1 and 2 of most cases: enough to be a pipeline.
const std::string kBase = "from: a.csv\ncolumns: { id: integer, name: text }\n";

void expect_errors(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.yaml);
    const Folder folder;
    folder.write("p.yaml", c.yaml);
    EXPECT_EQ(folder.errors("p.yaml"), c.errors);
  }
}

const std::string kQuote =
    "  hint: quote a value that holds any of : # , [ ] { } & * ! | > @ % or begins with a quote\n";

TEST(PipelineErrors, Yaml) {
  expect_errors({
      {"", "error: the file is empty (p.yaml:1:1)\n"},
      {"# nothing\n", "error: the file is empty (p.yaml:1:1)\n"},
      {"- a\n",
       "error: not a pipeline: \"p.yaml\" (p.yaml:1:1)\n  hint: a pipeline is a mapping (from: …, columns: …, to: …); "
       "ingot load FILE loads a data file\n"},
      {"~\n", "error: no value: \"p.yaml\" (p.yaml:1:1)\n"},
      {"a: \xff\n", "error: not UTF-8 text (p.yaml:1:1)\n"},
      {std::string("a: \0\n", 5), "error: not UTF-8 text (p.yaml:1:1)\n"},
      {std::string(kMaxYamlBytes + 1, '#'), "error: file too large, limit in bytes: 1048576 (p.yaml:1:1)\n"},
      {"from: [a.csv\n", "error: not YAML: end of sequence flow not found (p.yaml:2:1)\n" + kQuote},
      {"from: a: b\n", "error: not YAML: illegal map value (p.yaml:1:8)\n" + kQuote},
      {"größe: { é: \"x\" y }\n", "error: not YAML: end of map flow not found (p.yaml:1:17)\n" + kQuote},
      {kBase + "---\na: b\n",
       "error: more than one YAML document in one file (p.yaml:3:1)\n  hint: one file is one pipeline\n"},
      {kBase + "name: *x\n", "error: not YAML: the referenced anchor is not defined (p.yaml:3:7)\n" + kQuote},
      {kBase + "name: \"a\\0\"\n", "error: NUL in a YAML value (p.yaml:3:7)\n"},
      {kBase + "name: !a b\n",
       "error: YAML tags are not supported: !a (p.yaml:3:7)\n  hint: quote a value that begins with !\n"},
      {kBase + "name: 'a\nmax_rejects: 0\n", "error: unclosed quote (p.yaml:3:7)\n"},
      {kBase + "name: &x \"a\\\"\nmax_rejects: 0\n", "error: unclosed quote (p.yaml:3:7)\n"},
      {kBase + "name: é\x01\n", "error: control character in YAML (p.yaml:3:8)\n"},
      {kBase + "name: '", "error: unclosed quote (p.yaml:3:7)\n"},
      {kBase + "name: 'a''", "error: not YAML: illegal EOF in scalar (p.yaml:3:11)\n" + kQuote},
      {kBase + "? [a]\n: b\n", "error: a YAML key must be text (p.yaml:3:3)\n" + kQuote},
      {kBase + "<<: { name: x }\n", "error: YAML merge keys are not supported: << (p.yaml:3:1)\n"},
      {kBase + "from: b.csv\n", "error: repeated key: \"from\" (p.yaml:3:1)\n  hint: it stands in line 1 already\n"},
      {"from: a.csv\ncolumns: { a: text, a: text }\n",
       "error: repeated key: \"a\" (p.yaml:2:21)\n  hint: it stands in line 2 already\n"},
      {"a: " + std::string(40, '[') + std::string(40, ']') + "\n",
       "error: YAML nested too deeply, limit: 32 (p.yaml:1:35)\n"},
      {"a: &x { b: *x }\n", "error: an alias within its own anchor (p.yaml:1:12)\n"},
  });
}

TEST(PipelineErrors, AliasesCannotMultiplyWithoutBound) {
  std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    yaml += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) yaml += (j > 0 ? ", *a" : "*a") + std::to_string(i - 1);
    yaml += "]\n";
  }
  const Folder folder;
  folder.write("p.yaml", yaml);
  EXPECT_EQ(folder.errors("p.yaml"), "error: YAML with too many values, limit: 100000 (p.yaml:5:40)\n");
}

TEST(PipelineErrors, YamlMustNotEatSql) {
  const std::string cut = "  hint: quote the expression if # is part of it; else put the comment on its own line\n";
  expect_errors({
      {"from: a.csv\ncolumns: { p: { type: numeric(4,2), required: true } }\n",
       "error: a comma ends a value within { } or [ ]: numeric(4 (p.yaml:2:23)\n  hint: quote it: \"numeric(4,2)\"\n"},
      {"from: a.csv\ncolumns: { p: numeric(4, 2) required, q: text }\n",
       "error: a comma ends a value within { } or [ ]: numeric(4 (p.yaml:2:15)\n"
       "  hint: quote it: \"numeric(4, 2) required\"\n"},
      {"from: a.csv\ncolumns:\n  p: { type: text, value: concat(a, f(b, 1), c) }\n",
       "error: a comma ends a value within { } or [ ]: concat(a (p.yaml:3:27)\n"
       "  hint: quote it: \"concat(a, f(b, 1), c)\"\n"},
      {"from: a.csv\ncolumns:\n  p:\n    type: text\n    value: a #>> '{b}'\n",
       "error: a comment ends an SQL expression: a (p.yaml:5:12)\n" + cut},
      {"from: a.csv\ncolumns:\n  p:\n    type: text\n    value: a\n      || b  # both\n",
       "error: a comment ends an SQL expression: a || b (p.yaml:5:12)\n" + cut},
      {kBase + "where: &w id # 3\n", "error: a comment ends an SQL expression: id (p.yaml:3:8)\n" + cut},
      {kBase + "where: [a]\n",
       "error: expected an SQL expression: \"where\" (p.yaml:3:8)\n  hint: quote a text that begins with [ or {\n"},
      {kBase + "where: 'a' || b\n", "error: not YAML: unexpected character in block scalar (p.yaml:3:13)\n" + kQuote},
      {kBase + "where: \"id\" > 1\n", "error: not YAML: unexpected character in block scalar (p.yaml:3:15)\n" + kQuote},
      {kBase + "where: case when a then 'b: c' end\n", "error: not YAML: illegal map value (p.yaml:3:27)\n" + kQuote},
      {kBase + "where: \" \"\n", "error: empty SQL expression: \"where\" (p.yaml:3:8)\n"},
      {kBase + "where: name = '${env.HOME}'\n",
       "error: no interpolation in an SQL expression: ${env.HOME} (p.yaml:3:8)\n"
       "  hint: text put into SQL would be read as SQL; write $${ for a literal ${\n"},
  });
}

TEST(PipelineErrors, KeysAndForms) {
  const std::string none = "  hint: give a value or remove the key; quote # and null\n";
  expect_errors({
      {kBase + "tabels: {}\n", "error: unknown key: \"tabels\" (p.yaml:3:1)\n  hint: did you mean \"tables\"?\n"},
      {kBase + "qqqqqq: {}\n",
       "error: unknown key: \"qqqqqq\" (p.yaml:3:1)\n"
       "  hint: valid: name, from, columns, where, tables, unmatched, drift, to, max_rejects, models\n"},
      {kBase + "to: { tabel: x }\n", "error: unknown key: \"tabel\" (p.yaml:3:7)\n  hint: did you mean \"table\"?\n"},
      {kBase + "land: {}\n", "error: not supported by this version yet: \"land\" (p.yaml:3:1)\n"},
      {kBase + "to:\n", "error: no value: \"to\" (p.yaml:3:1)\n" + none},
      {kBase + "to: { table: }\n", "error: no value: \"table\" (p.yaml:3:7)\n" + none},
      {kBase + "to: pg\n", "error: expected a mapping: \"to\" (p.yaml:3:5)\n"},
      {kBase + "name: [a]\n",
       "error: expected text: \"name\" (p.yaml:3:7)\n  hint: quote a text that begins with [ or {\n"},
      {"from: []\ncolumns: { a: text }\n", "error: empty list: \"from\" (p.yaml:1:7)\n"},
      {"from: [[a.csv]]\ncolumns: { a: text }\n",
       "error: expected text in the list: \"from\" (p.yaml:1:8)\n  hint: quote a text that begins with - [ or {\n"},
      {"from: a.csv\ncolumns: { a: { type: text, required: yes } }\n",
       "error: expected true or false for required: \"yes\" (p.yaml:2:39)\n"},
      {"from: { path: a.json, max_depth: 0 }\ncolumns: { a: text }\n",
       "error: expected a whole number from 1 to 1000 for max_depth: \"0\" (p.yaml:1:34)\n"},
      {kBase + "to: { mode: apend }\n",
       "error: unknown mode: \"apend\" (p.yaml:3:13)\n  hint: did you mean \"append\"?\n"},
      {kBase + "to: { connections: 2, commit: run }\n",
       "error: no effect where all is one commit: \"connections\" (p.yaml:3:7)\n  hint: write commit: unit or part, or "
       "remove it\n"},
      {kBase + "to: { part_size: 1MiB }\n", "error: no effect without commit: part: \"part_size\" (p.yaml:3:7)\n"},
      {kBase + "to: { commit: part, part_size: 64 MB }\n",
       "error: not a number of bytes: \"64 MB\" (p.yaml:3:32)\n  hint: write a size such as 256MiB\n"},
      {kBase + "to: { commit: part, part_size: 64 }\n",
       "error: part_size is too small: \"64\" (p.yaml:3:32)\n  hint: at least 1KiB; 256MiB is usual\n"},
      {kBase + "to: { commit: part, mode: upsert, key: id, keep: first }\n",
       "error: keep: first is not possible with commit: part and mode upsert (p.yaml:3:5)\n  hint: the result would "
       "depend on where files are cut: write keep: last, or commit: unit\n"},
      {kBase + "to: { commit: part, mode: insert_new, key: id }\n",
       "error: keep: last is not possible with commit: part and mode insert_new (p.yaml:3:5)\n  hint: the result would "
       "depend on where files are cut: write keep: first, or commit: unit\n"},
      {kBase + "to: { commit: part, mode: replace }\n",
       "error: mode replace commits all files at once: \"part\" (p.yaml:3:15)\n  hint: remove commit, or write commit: "
       "run\n"},
      {"from: { path: a.csv, overwritten: replace_rows }\ncolumns: { id: integer }\nto: { commit: part, lineage: true "
       "}\n",
       "error: overwritten: replace_rows with commit: part (p.yaml:1:35)\n  hint: a file takes the place of its "
       "earlier "
       "version at once: write commit: unit\n"},
      {kBase + "to: { commit: part, mode: scd2, key: id }\n",
       "error: mode scd2 with commit: part (p.yaml:3:15)\n  hint: which versions there are would depend on where "
       "files are cut: write commit: unit\n"},
      {kBase + "name: a b\n",
       "error: a pipeline's name has only letters, digits, _ and -: \"a b\" (p.yaml:3:7)\n  hint: write name: a_b\n"},
  });
}

TEST(PipelineErrors, EveryLaterOptionIsKnown) {
  for (const Option& option : all_options()) {
    if (option.form != Form::later || option.section == Section::project) continue;
    const std::string key(option.name);
    SCOPED_TRACE(key);
    std::string yaml;
    switch (option.section) {
      case Section::pipeline:
        yaml = kBase + key + ": x\n";
        break;
      case Section::from:
        yaml = "from: { path: a.csv, " + key + ": x }\ncolumns: { a: text }\n";
        break;
      case Section::column:
        yaml = "from: a.csv\ncolumns: { a: { type: text, " + key + ": x } }\n";
        break;
      case Section::to:
        yaml = kBase + "to: { " + key + ": x }\n";
        break;
      default:
        yaml = "from: a.csv\ntables: { t: { columns: { a: text }, " + key + ": x } }\n";
    }
    const Folder folder;
    folder.write("p.yaml", yaml);
    EXPECT_TRUE(
        folder.errors("p.yaml").starts_with("error: not supported by this version yet: \"" + key + "\" (p.yaml:"))
        << folder.errors("p.yaml");
  }
}

TEST(PipelineErrors, From) {
  const std::string columns = "columns: { a: text }\n";
  const std::string format = "  hint: add format: csv, ndjson, json, pyliteral, fixed, parquet, xlsx or avro\n";
  expect_errors({
      {columns, "error: missing key: \"from\" (p.yaml:1:1)\n  hint: write from: FILE\n"},
      {"from: { new: all }\n" + columns,
       "error: from without path (p.yaml:1:7)\n  hint: write from: FILE, or from: { path: FILE }\n"},
      {"from: \"\"\n" + columns, "error: empty path in from: \"\" (p.yaml:1:7)\n"},
      {"from: sftp://b/a.csv\n" + columns,
       "error: not supported by this version yet: sftp:// (p.yaml:1:7)\n  hint: this version reads local files, "
       "standard input, http://, https:// and s3://\n"},
      {"from: \"-\"\n" + columns, "error: no format for: \"-\" (p.yaml:1:7)\n" + format},
      {"from: data/\n" + columns, "error: no format for: \"data/\" (p.yaml:1:7)\n" + format},
      {"from: [a.csv, b.json]\n" + columns,
       "error: files of several formats in one pipeline: \"b.json\" (p.yaml:1:15)\n" + format},
      {"from: { path: [a.csv, \"-\"], format: csv }\n" + columns,
       "error: standard input cannot be read together with files: \"-\" (p.yaml:1:15)\n"},
      {"drift: keep\nfrom: a.csv\n" + columns,
       "error: unknown drift: \"keep\" (p.yaml:1:8)\n  hint: valid: ignore, add, rescue, reject, fail\n"},
      {"from: a.zip\n" + columns, "error: no format for: \"a.zip\" (p.yaml:1:7)\n" +
                                      format.substr(0, format.size() - 1) + "; it is that of the archive's members\n"},
      {"from: { path: a.csv, max_decompressed: 0 }\n" + columns,
       "error: not a number of bytes: \"0\" (p.yaml:1:40)\n  hint: write 100GB, or 64MiB\n"},
      {"from: { path: a.parquet, encoding: utf-8 }\n" + columns,
       "error: no effect with format parquet: \"encoding\" (p.yaml:1:26)\n"},
      {"from: { path: a.json, quote: x }\n" + columns, "error: no effect with format json: \"quote\" (p.yaml:1:23)\n"},
      {"from: { path: a.csv, max_depth: 3 }\n" + columns,
       "error: no effect with format csv: \"max_depth\" (p.yaml:1:22)\n"},
      {"from: { path: a.ndjson, records: 'a[*]' }\n" + columns,
       "error: no effect with format ndjson: \"records\" (p.yaml:1:25)\n"},
      {"from: { path: a.json, records: a.b }\n" + columns,
       "error: expected the path to an array's elements: \"a.b\" (p.yaml:1:32)\n  hint: write \"a.b[*]\"\n"},
      {"from: { path: a.json, records: '$[*]' }\n" + columns,
       "error: an array that is the whole file needs no path: \"$[*]\" (p.yaml:1:32)\n  hint: leave records out\n"},
      {"from: { path: a.json, records: 'a[*].b[*]' }\n" + columns,
       "error: [*] in a path is not supported by this version yet: a[*].b (p.yaml:1:32)\n  hint: only the last step "
       "may "
       "be [*]\n"},
      {"from: { path: a.csv, delimiter: \"¦\" }\n" + columns,
       "error: expected ASCII characters, 16 at most, for delimiter: \"¦\" (p.yaml:1:33)\n"},
      {"from: { path: a.csv, delimiter: \"|'|\", quote: \"'\" }\n" + columns,
       "error: delimiter, quote and escape must differ (p.yaml:1:33)\n"},
      {"from: { path: a.csv, footer: Total, skip_footer: 1 }\n" + columns,
       "error: footer together with skip_footer (p.yaml:1:30)\n  hint: say one of them\n"},
      {"from: { path: a.csv, footer: \"\" }\n" + columns,
       "error: expected the beginning of a line for footer: \"\" (p.yaml:1:30)\n"},
      {"from: { path: a.csv, quote: é }\n" + columns,
       "error: expected one ASCII character for quote: \"é\" (p.yaml:1:29)\n"},
      {"from: { path: a.csv, delimiter: \"'\", quote: \"'\" }\n" + columns,
       "error: delimiter, quote and escape must differ (p.yaml:1:33)\n"},
  });
}

TEST(PipelineErrors, Columns) {
  const std::string from = "from: a.csv\n";
  expect_errors({
      {from + "colums: { a: text }\n",
       "error: unknown key: \"colums\" (p.yaml:2:1)\n  hint: did you mean \"columns\"?\n"},
      {from + "columns: {}\n",
       "error: no columns (p.yaml:2:10)\n  hint: declare every column as NAME: TYPE, or leave the key out to have them "
       "inferred\n"},
      {from + "columns: { a: }\n",
       "error: column without a type: \"a\" (p.yaml:2:12)\n  hint: write NAME: TYPE, such as name: text\n"},
      {from + "columns: { a: { required: true } }\n",
       "error: column without a type: \"a\" (p.yaml:2:12)\n  hint: add type\n"},
      {from + "columns: { a: [text] }\n", "error: expected a mapping: \"a\" (p.yaml:2:15)\n"},
      {from + "columns: { a: text not null }\n",
       "error: unknown type: \"text not null\" (p.yaml:2:15)\n  hint: write required: true, or TYPE required, in place "
       "of not null\n"},
      {from + "columns: { a: { type: text required } }\n",
       "error: unknown type: \"text required\" (p.yaml:2:23)\n  hint: within a mapping write required: true\n"},
      {from + "columns: { a: { type: text, from: b, value: c } }\n",
       "error: from and value exclude each other: \"a\" (p.yaml:2:35)\n"},
      {from + "columns: { a: { type: text, from: [b, c..d] } }\n",
       "error: empty segment in path: c..d (p.yaml:2:39)\n  hint: an empty key is written \"\"\n"},
      {from + "columns: { a: { type: integer, default: 2.5 } }\n",
       "error: default does not fit integer: \"2.5\" (p.yaml:2:41)\n  hint: " +
           std::string(fault_text(Fault::not_an_integer)) + "\n"},
      {from + "columns: { a: { type: varchar(2), default: äöü } }\n",
       "error: default does not fit varchar(2): \"äöü\" (p.yaml:2:44)\n  hint: " +
           std::string(fault_text(Fault::too_long)) + "\n"},
      {from + "columns: { \"\": text }\n", "error: column without a name (p.yaml:2:12)\n"},
      {from + "columns: { \"${env.A}\": text }\n",
       "error: no interpolation in a column's name: \"${env.A}\" (p.yaml:2:12)\n"},
      {from + "columns:\n  Id: text\n  ID: text\n",
       "error: columns differ only in upper and lower case: \"ID\" (p.yaml:4:3)\n"
       "  hint: \"Id\" stands in line 3; databases take them for one\n"},
  });
}

TEST(PipelineErrors, Targets) {
  const std::string idle = "  hint: write mode: upsert, or remove it\n";
  expect_errors({
      {kBase + "to: { mode: upsert }\n",
       "error: mode upsert without key (p.yaml:3:13)\n  hint: add key: COLUMN, or key: [COLUMN, …]\n"},
      {kBase + "to: { mode: insert_new }\n",
       "error: mode insert_new without key (p.yaml:3:13)\n  hint: add key: COLUMN, or key: [COLUMN, …]\n"},
      {kBase + "to: { mode: insert_new, key: id, unchanged: fetch }\n",
       "error: no effect with mode insert_new: \"unchanged\" (p.yaml:3:34)\n" + idle},
      {kBase + "to: { mode: upsert, key: id, order_by: idd }\n",
       "error: order_by is not a column: \"idd\" (p.yaml:3:40)\n  hint: did you mean \"id\"?\n"},
      {kBase + "to: { mode: upsert, key: id, keep: first, order_by: name }\n",
       "error: order_by a column of type text: \"name\" (p.yaml:3:53)\n  hint: only numbers, dates and times have an "
       "order that all databases share\n"
       "error: order_by with keep: first: \"name\" (p.yaml:3:53)\n  hint: the record with the greatest value stays: "
       "remove one of them\n"},
      {kBase + "to: { mode: scd2, key: id, delete_when: id = 1, order_by: id }\n",
       "error: order_by with delete_when: \"id\" (p.yaml:3:59)\n  hint: a key that is gone does not say since when: an "
       "older record would bring it back\n"},
      {kBase + "to: { mode: insert_new, key: id, order_by: id }\n",
       "error: no effect with mode insert_new: \"order_by\" (p.yaml:3:34)\n" + idle},
      {kBase + "to: { mode: upsert, key: id, order_by: id, unchanged: fetch }\n",
       "error: no effect with order_by: \"unchanged\" (p.yaml:3:44)\n  hint: all records are sent: which of them stays "
       "is decided in the target\n"},
      {"from: a.csv\ntables: { t: { columns: { a: text } } }\nto: { order_by: a }\n",
       "error: no effect, no table has mode upsert or scd2: \"order_by\" (p.yaml:3:7)\n  hint: write mode: upsert or "
       "scd2\n"},
      {kBase + "to: { mode: scd2 }\n",
       "error: mode scd2 without key (p.yaml:3:13)\n  hint: add key: COLUMN, or key: [COLUMN, …]\n"},
      {kBase + "to: { mode: scd2, key: id, unchanged: fetch, delete_when: id = 1 }\n",
       "error: no effect with mode scd2: \"unchanged\" (p.yaml:3:28)\n" + idle},
      {"from: a.csv\ncolumns: { id: integer, Valid_To: date }\nto: { mode: scd2, key: id }\n",
       "error: mode scd2 adds a column of this name: \"Valid_To\" (p.yaml:2:25)\n  hint: rename the column: when a "
       "version holds is not taken from the data\n"},
      {"from: { path: a.csv, overwritten: replace_rows }\ncolumns: { id: integer }\nto: { mode: scd2, key: id }\n",
       "error: overwritten: replace_rows with mode scd2 (p.yaml:1:35)\n  hint: what a row looked like before the "
       "file's earlier version cannot be brought back: write apply\n"},
      {kBase + "to: { mode: merge_delete, key: id }\n",
       "error: mode merge_delete without delete_when (p.yaml:3:13)\n"
       "  hint: add delete_when: CONDITION, true for the records that delete the row of their key\n"},
      {kBase + "to: { mode: merge_delete, key: id, delete_when: id = 1, unchanged: fetch }\n",
       "error: no effect with mode merge_delete: \"unchanged\" (p.yaml:3:57)\n" + idle},
      {kBase + "to: { mode: upsert, key: id, delete_when: id = 1 }\n",
       "error: no effect with mode upsert: \"delete_when\" (p.yaml:3:30)\n  hint: write mode: merge_delete, or remove "
       "it\n"},
      {"from: a.csv\ntables: { t: { columns: { a: text } } }\nto: { delete_when: a = 'x' }\n",
       "error: no effect, no table has mode merge_delete: \"delete_when\" (p.yaml:3:7)\n  hint: write mode: "
       "merge_delete\n"},
      {kBase + "to: { mode: replace_partitions }\n",
       "error: mode replace_partitions without partition_by (p.yaml:3:13)\n"
       "  hint: add partition_by: COLUMN, or partition_by: [COLUMN, …]\n"},
      {kBase + "to: { mode: replace_partitions, partition_by: [idd, id, id], commit: unit }\n",
       "error: partition_by is not a column: \"idd\" (p.yaml:3:48)\n  hint: did you mean \"id\"?\n"
       "error: column repeated in partition_by: \"id\" (p.yaml:3:57)\n"
       "error: mode replace_partitions commits all files at once: \"unit\" (p.yaml:3:70)\n"
       "  hint: remove commit, or write commit: run\n"},
      {"from: a.json\ncolumns: { a: json }\nto: { mode: replace_partitions, partition_by: a }\n",
       "error: a column of type json cannot be a partition: \"a\" (p.yaml:3:47)\n"},
      {kBase + "to: { partition_by: id }\n",
       "error: no effect with mode append: \"partition_by\" (p.yaml:3:7)\n  hint: write mode: replace_partitions, or "
       "remove it\n"},
      {kBase + "to: { mode: replace, keep: first }\n",
       "error: no effect without key: \"keep\" (p.yaml:3:22)\n  hint: add key: COLUMN, or remove it\n"},
      {kBase + "to: { mode: replace, commit: unit }\n",
       "error: mode replace commits all files at once: \"unit\" (p.yaml:3:30)\n  hint: remove commit, or write commit: "
       "run\n"},
      {"from: a.csv\ntables:\n  t: { when: a, mode: replace, columns: { a: text } }\n  u: { columns: { a: text } }\n",
       "error: mode append beside mode replace: \"u\" (p.yaml:4:3)\n  hint: replace reads all files, whether they are "
       "new or "
       "not: give all tables mode: replace, or none\n"},
      {kBase + "to: { mode: upsert, key: nam }\n",
       "error: key is not a column: \"nam\" (p.yaml:3:26)\n  hint: did you mean \"name\"?\n"},
      {kBase + "to: { mode: upsert, key: [id, id] }\n", "error: column repeated in key: \"id\" (p.yaml:3:31)\n"},
      {"from: a.json\ncolumns: { a: json }\nto: { mode: upsert, key: a }\n",
       "error: a column of type json cannot be a key: \"a\" (p.yaml:3:26)\n"},
      {kBase + "to: { key: id }\n", "error: no effect with mode append: \"key\" (p.yaml:3:7)\n" + idle},
      {kBase + "to: { unchanged: fetch }\n", "error: no effect with mode append: \"unchanged\" (p.yaml:3:7)\n" + idle},
      {kBase + "to: { mode: append, keep: first }\n",
       "error: no effect with mode append: \"keep\" (p.yaml:3:21)\n" + idle},
      {"from: { path: a.csv, overwritten: replace_rows }\ncolumns: { id: integer }\n",
       "error: overwritten: replace_rows without lineage (p.yaml:1:35)\n  hint: add lineage: true to `to`: it says "
       "which rows "
       "a file has brought\n"},
      {"from: { path: a.csv, overwritten: replace_rows }\ncolumns: { id: integer }\nto: { mode: upsert, key: id, "
       "lineage: "
       "true }\n",
       "error: overwritten: replace_rows with mode upsert (p.yaml:1:35)\n  hint: what a row looked like before the "
       "file's "
       "earlier version cannot be brought back: write apply\n"},
      {"from: { path: a.csv, overwritten: apply }\ncolumns: { id: integer }\nto: { mode: replace }\n",
       "error: no effect with mode replace: \"overwritten\" (p.yaml:1:35)\n  hint: all files are read again; remove "
       "it\n"},
      {kBase + "unmatched: skip\n", "error: no effect without tables: \"unmatched\" (p.yaml:3:1)\n"},
      {kBase + "to: { table: a.b.c }\n",
       "error: not a table name: \"a.b.c\" (p.yaml:3:14)\n"
       "  hint: write table or schema.table; a part with a dot, a space or a quote goes in double quotes\n"},
      {kBase + "to: { table: ingot.runs }\n",
       "error: the schema ingot holds the ledger: \"ingot.runs\" (p.yaml:3:14)\n  hint: choose another schema\n"},
      {kBase + "tables: { t: { columns: { a: text } } }\n",
       "error: no effect beside tables: \"columns\" (p.yaml:2:1)\n  hint: move it into each table\n"},
      {"from: a.csv\ntables: {}\n",
       "error: no tables (p.yaml:2:9)\n  hint: declare each table as NAME: { columns: … }\n"},
      {"from: a.csv\ntables: { t: { columns: { a: text } } }\nto: { table: x }\n",
       "error: no effect beside tables: \"table\" (p.yaml:3:7)\n  hint: the keys of tables are the tables' names\n"},
      {"from: a.csv\ntables: { t: { columns: { a: text } } }\nto: { key: a }\n",
       "error: no effect, no table takes its key from here: \"key\" (p.yaml:3:7)\n"},
      {"from: a.csv\ntables:\n  t: { columns: { a: text } }\n  u: { when: a, columns: { a: text } }\n",
       "error: no record can reach this table: \"u\" (p.yaml:4:3)\n  hint: \"t\" before it has no when and takes "
       "all\n"},
      {"from: a.csv\ntables:\n  t: { when: a, columns: { a: text } }\n  T: { columns: { a: text } }\n",
       "error: table declared twice: \"T\" (p.yaml:4:3)\n"},
      {"from: a.json\ntables:\n  t: { root: a[, columns: { a: text } }\n",
       "error: not YAML: end of map flow not found (p.yaml:3:15)\n" + kQuote},
      {"from: a.json\ntables:\n  t: { root: \"a[\", columns: { a: text } }\n",
       "error: unclosed [ in path: a[ (p.yaml:3:14)\n"},
      {kBase + "max_rejects: 1.5\n",
       "error: not a limit of rejects: \"1.5\" (p.yaml:3:14)\n  hint: write a count such as 10, or a percentage such "
       "as 1%\n"},
      {kBase + "max_rejects: { rate: 0.1 }\n",
       "error: not a percentage: \"0.1\" (p.yaml:3:22)\n  hint: write a percentage such as 1%\n"},
      {kBase + "max_rejects: {}\n", "error: max_rejects without count and rate (p.yaml:3:14)\n"},
  });
}

TEST(PipelineErrors, AllAtOnceInOrder) {
  expect_errors({{"frm: a.csv\ncolumns:\n  a: txt\n  b: { type: integer, default: x }\nto: { mode: upsert }\n",
                  "error: unknown key: \"frm\" (p.yaml:1:1)\n  hint: did you mean \"from\"?\n"
                  "error: unknown type: \"txt\" (p.yaml:3:6)\n  hint: did you mean text?\n"
                  "error: default does not fit integer: \"x\" (p.yaml:4:32)\n  hint: not a number\n"
                  "error: mode upsert without key (p.yaml:5:13)\n  hint: add key: COLUMN, or key: [COLUMN, …]\n"}});
}

TEST(PipelineErrors, Files) {
  const Folder folder;
  folder.write("d/ingot.yaml", "vars: {}\n");
  folder.write("a b.yaml", kBase);
  EXPECT_EQ(folder.errors("none.yaml"), "error: no such file: \"none.yaml\"\n");
  EXPECT_EQ(folder.errors("a_b.yml"), "error: no such file: \"a_b.yml\"\n  hint: did you mean a b.yaml?\n");
  EXPECT_EQ(folder.errors("e/ingot.yaml"), "error: no such file: \"e/ingot.yaml\"\n");
  EXPECT_EQ(folder.errors("d"), "error: a folder, not a pipeline: \"d\"\n");
  EXPECT_EQ(folder.errors("d/ingot.yaml"),
            "error: a project, not a pipeline: \"d/ingot.yaml\"\n  hint: name a pipeline's file\n");
  EXPECT_EQ(
      folder.errors("a b.yaml"),
      "error: a pipeline's name has only letters, digits, _ and -: \"a b\" (a b.yaml:1:1)\n  hint: write name: a_b\n");
}

TEST(PipelineErrors, NamesThatPostgresWouldCut) {
  const std::string message = "error: name too long for Postgres, limit in bytes: 63 ";
  const std::string hint = "  hint: the server would cut it\n";
  const std::string name(64, 'x');
  const std::string columns = "from: a.csv\ncolumns:\n  " + name + ": text\n";
  expect_errors(
      {{columns + "to: { connection: \"postgresql://h/d\" }\n", message + "(p.yaml:3:3)\n" + hint},
       {kBase + "to: { connection: \"postgresql://h/d\", table: " + name + " }\n", message + "(p.yaml:3:46)\n" + hint},
       {columns, ""}});
}

}  // namespace
}  // namespace ingot::spec
