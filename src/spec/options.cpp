#include "spec/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ingot::spec {

namespace {

constexpr auto kPipeline = Section::pipeline;
constexpr auto kFrom = Section::from;
constexpr auto kColumn = Section::column;
constexpr auto kTo = Section::to;
constexpr auto kTable = Section::table;
constexpr auto kProject = Section::project;

constexpr Option later(Section section, std::string_view name, std::string_view doc) {
  return Option{section, name, Form::later, "", "", doc};
}

constexpr std::string_view kModes = "append|upsert|insert_new|merge_delete|replace|replace_partitions|scd2";

constexpr auto kOptions = std::to_array<Option>({
    {kPipeline, "name", Form::text, "name", "the file's stem",
     "The pipeline's id in the ledger: letters, digits, _ and -."},
    {kPipeline, "from", Form::texts_or_mapping, "path, list of paths, or mapping", "", "Where the records come from."},
    {kPipeline, "columns", Form::mapping, "NAME: TYPE [required], or NAME: mapping",
     "inferred by the first run, and kept",
     "The contract: every column, with the type that its values must fit exactly."},
    {kPipeline, "where", Form::sql, "SQL condition", "",
     "Records for which it is not true are turned away and counted as filtered."},
    {kPipeline, "tables", Form::mapping, "NAME: mapping", "",
     "Several targets from one source; the first whose when is true takes the record."},
    {kPipeline, "unmatched", Form::choice, "", "reject", "With tables: what happens to a record that no table takes.",
     "reject|skip"},
    {kPipeline, "drift", Form::choice, "", "ignore",
     "What happens to fields that no column takes: they are ignored (and named), become columns of the table, are kept "
     "in a column _rescued, or reject their record, or fail their unit.",
     "ignore|add|rescue|reject|fail"},
    {kPipeline, "to", Form::mapping, "mapping", "a DuckDB file beside the pipeline", "Where the rows go."},
    {kPipeline, "max_rejects", Form::text_or_mapping, "count, percentage, or mapping", "1%, at least 10",
     "A unit with more rejected records fails as a whole."},
    {kPipeline, "models", Form::mapping, "NAME: mapping", "",
     "What is derived in the target after a load: views, and tables kept in step."},
    later(kPipeline, "land", "A raw copy in the lake first."),
    later(kPipeline, "schedule", "When the pipeline runs by itself."),
    later(kPipeline, "retries", "How often, and after what delay, a failed run is tried again."),

    {kFrom, "path", Form::texts, "path, glob, folder or URL; one or a list; - is standard input", "",
     "Relative paths start at the pipeline file's folder. data.zip!/dir/*.csv: members of an archive (zip, tar). "
     "https://…: a file of a web server. s3://BUCKET/KEY: objects, with the same wildcards."},
    {kFrom, "format", Form::choice, "", "by the extension",
     "How the bytes are read; pyliteral: Python literals, one a line; fixed: lines with fields of fixed width.",
     "csv|ndjson|json|pyliteral|fixed|parquet|xlsx|avro"},
    {kFrom, "encoding", Form::choice, "", "utf-8, or utf-16 where the file begins with its byte order mark",
     "How characters are written. Nothing else is guessed; a byte that is no character rejects its record.",
     "utf-8|utf-16|utf-16le|utf-16be|latin-1|latin-2|latin-9|windows-1250|windows-1251|windows-1252|cp850|koi8-r"},
    {kFrom, "new", Form::choice, "", "only", "Whether files that are loaded already are left alone, or loaded again.",
     "only|all"},
    {kFrom, "overwritten", Form::choice, "", "refuse with mode append, else apply",
     "What happens to a file that was loaded before and has other content now; with replace_rows (append with lineage) "
     "its "
     "earlier rows are deleted.",
     "apply|refuse|replace_rows"},
    {kFrom, "max_ratio", Form::integer, "times", "1000",
     "A file or member that decompresses to more than 1 GiB, and to more than so many times its size, fails; 0: none "
     "does.",
     "", "", 0, 1'000'000'000},
    {kFrom, "max_decompressed", Form::text, "bytes, such as 100GB", "no limit",
     "A file or member that decompresses to more fails."},
    {kFrom, "same_content", Form::choice, "", "load",
     "What happens to a new file whose content equals, byte by byte as it is stored, that of a file that is loaded, "
     "under "
     "another name: it is loaded as any, or known by that (each new file is then read once more).",
     "load|skip"},
    {kFrom, "delimiter", Form::text, "one ASCII character or several, or tab", "detected among , ; tab |",
     "CSV: what separates fields."},
    {kFrom, "quote", Form::text, "one ASCII character, or none", "\"", "CSV: what encloses a field."},
    {kFrom, "escape", Form::text, "one ASCII character", "the quote, doubled",
     "CSV: what precedes a quote within a field."},
    {kFrom, "header", Form::choice, "", "detect",
     "CSV, XLSX: whether the first record names the fields; in XLSX true where it is not said.", "true|false|detect"},
    {kFrom, "header_rows", Form::integer, "records", "1",
     "CSV: so many records are the header; a field's name is what stands in them, joined by spaces.", "", "", 1, 10},
    {kFrom, "skip", Form::integer, "lines", "0",
     "CSV, fixed width, XLSX: so many lines (rows) at the beginning are not read.", "", "", 0, 1'000'000},
    {kFrom, "skip_footer", Form::integer, "records", "0",
     "CSV, fixed width: so many records at the end, empty lines among them, are not read.", "", "", 0, 1000},
    {kFrom, "footer", Form::text, "text", "none",
     "CSV: records at the end (10 at most) that begin with it, and empty lines among them, are not read."},
    {kFrom, "comment", Form::text, "one ASCII character", "none", "CSV: a line that begins with it is not read."},
    {kFrom, "newline", Form::choice, "", "lf",
     "CSV: what ends a line: LF with or without a CR before it, or CR alone (LF is then text).", "lf|cr"},
    {kFrom, "ragged", Form::choice, "", "reject",
     "CSV: what becomes of a record with too few or too many fields: a reject, or the missing ones are NULL (pad), and "
     "what is too many is left out (pad_and_cut). Fixed width: reject or pad; a line that ends within a field is "
     "short.",
     "reject|pad|pad_and_cut"},
    {kFrom, "null", Form::texts, "text; one or a list", "empty, except for text columns",
     "CSV: unquoted spellings of NULL. Fixed width: spellings of NULL, padding taken off."},
    {kFrom, "sheet", Form::text, "name", "the only sheet", "XLSX: the sheet that is read."},
    {kFrom, "count", Form::choice, "", "characters",
     "Fixed width: what places are counted in. Bytes are those of the file in UTF-8; in 8-bit encodings both are one.",
     "characters|bytes"},
    {kFrom, "trim", Form::choice, "", "both", "Fixed width: on which side of a field spaces are padding.",
     "both|left|right|none"},
    {kFrom, "records", Form::text, "path to an array's elements, such as data.items[*]", "the file's values",
     "JSON: where, within each file's one document, the records are."},
    {kFrom, "max_depth", Form::integer, "levels", "200", "JSON, pyliteral: deeper nesting is a reject.", "", "", 1,
     1000},
    {kFrom, "connection", Form::text, "a connection of ingot.yaml with type: s3", "AWS, as the environment says",
     "S3: how the buckets of the paths are reached."},
    {kFrom, "manifest", Form::text, "s3://BUCKET/KEY", "",
     "S3: an object that names, one a line, what is read: keys beside it, or whole s3:// names. Of those, what path "
     "matches."},
    {kFrom, "on_missing", Form::choice, "", "fail",
     "URLs, S3: what happens to a file that is not there (any more): it is passed over, said and counted, or fails.",
     "fail|skip"},
    {kFrom, "auth", Form::mapping, "mapping", "", "URLs: who asks. Sent to the host of the paths only."},
    {kFrom, "max_requests", Form::integer, "requests", "128", "URLs: so many requests to one host at a time.", "", "",
     1, 1000},
    later(kFrom, "table", "A database table to read."),
    later(kFrom, "cursor", "The column by which new rows are known."),
    later(kFrom, "lookback", "How far behind the cursor rows are read again."),

    {Section::auth, "bearer", Form::text, "secret by reference: ${env.NAME} or ${file:PATH}", "",
     "A token: Authorization: Bearer."},
    {Section::auth, "user", Form::text, "name", "", "With password: Authorization: Basic."},
    {Section::auth, "password", Form::text, "secret by reference", "", "As bearer, for user."},
    {Section::auth, "header", Form::text, "name, such as X-Api-Key", "", "A header of the server's own."},
    {Section::auth, "value", Form::text, "secret by reference", "", "As bearer, for header."},

    {kColumn, "type", Form::text, "SQL type, or enum(a, b)", "", "The type; required."},
    {kColumn, "required", Form::boolean, "true or false", "false", "A record without a value is rejected."},
    {kColumn, "optional", Form::boolean, "true or false", "false",
     "CSV, Parquet, Avro, XLSX: a file that lacks the field has NULL in the column (or its default), instead of "
     "failing."},
    {kColumn, "from", Form::texts, "path into the record; one or a list", "the column's own name",
     "The first path that is present is taken."},
    {kColumn, "at", Form::texts, "[first, length], from 1", "behind the column before",
     "Fixed width: where the field stands in its line."},
    {kColumn, "width", Form::integer, "characters", "",
     "Fixed width: how long the field is that stands behind that of the column before.", "", "", 1, 1'000'000},
    {kColumn, "value", Form::sql, "SQL expression", "", "Computes the value from the record's fields and from meta.*."},
    {kColumn, "default", Form::text, "a value of the column's type", "NULL",
     "Stands for NULL and for an absent field."},
    {kColumn, "parse", Form::texts_or_mapping, "pattern; one or a list; or mapping", "the type's usual form",
     "How texts are written: of dates and times patterns of strptime, the first that fits; of booleans and numbers a "
     "mapping."},
    {kColumn, "null", Form::texts, "text; one or a list", "",
     "Spellings of NULL of this column, quoted or not, besides from.null."},
    later(kColumn, "mask", "How personal data are hidden."),
    {kColumn, "was", Form::text, "column of the table", "",
     "The column's former name: the table's column is renamed, once, with the first rows."},

    {Section::parse, "true", Form::texts, "text; one or a list", "", "Booleans: what is true; nothing else is."},
    {Section::parse, "false", Form::texts, "text; one or a list", "", "Booleans: what is false; nothing else is."},
    {Section::parse, "decimal", Form::text, "one character", ".", "Numbers: the decimal sign."},
    {Section::parse, "thousands", Form::texts, "one character; one or a list", "",
     "Numbers: what stands between groups of three digits, all of them or none."},
    {Section::parse, "currency", Form::texts, "text; one or a list", "",
     "Numbers: what may stand before or behind, with a space or without."},
    {Section::parse, "percent", Form::choice, "", "",
     "Numbers: 12.5 % is 12.5 (number), or 0.125 (fraction; then % must be there).", "number|fraction"},
    {Section::parse, "parentheses", Form::boolean, "true or false", "false", "Numbers: (5) is -5."},
    {Section::parse, "trailing_minus", Form::boolean, "true or false", "false", "Numbers: 5- is -5."},

    {kTo, "connection", Form::text, "URL, or a name of ingot.yaml or of the environment", "duckdb:STEM.duckdb",
     "The database, such as duckdb:FILE or postgresql://user@host/database; or file:FOLDER, for files."},
    {kTo, "table", Form::text, "table or schema.table", "the pipeline's name", "The table that the rows go to."},
    {kTo, "format", Form::choice, "", "parquet", "Into a folder: of which kind the files of the tables are.",
     "parquet|csv|ndjson"},
    {kTo, "compression", Form::choice, "", "zstd for parquet, else none",
     "Into a folder: how the files are compressed; snappy only parquet.", "zstd|snappy|gzip|none"},
    {kTo, "compression_level", Form::integer, "level of zstd", "1", "Parquet with zstd: higher is denser and slower.",
     "", "", 1, 22},
    {kTo, "mode", Form::choice, "", "append",
     "Add rows; by key insert and update, insert only what is new, delete too, or keep every version (scd2); or "
     "replace "
     "all rows, or those of whole partitions.",
     kModes},
    {kTo, "key", Form::texts, "column; one or a list", "",
     "What makes a row the same row; for all modes but append and replace_partitions."},
    {kTo, "delete_when", Form::sql, "SQL condition", "",
     "For merge_delete: records for which it is true delete the row of their key; for scd2 they close it."},
    {kTo, "partition_by", Form::texts, "column; one or a list", "",
     "For replace_partitions: rows with the same values in these are a partition. Into a folder, with every mode: each "
     "partition is a folder (NAME=VALUE)."},
    {kTo, "keep", Form::choice, "", "last", "Which record of a repeated key stays, in the order of reading.",
     "first|last"},
    {kTo, "order_by", Form::text, "column of numbers, dates or times", "the order of reading",
     "For upsert and scd2: the record of a repeated key with the greatest value stays; one that is older than what the "
     "table holds writes nothing."},
    {kTo, "commit", Form::choice, "", "unit",
     "What appears at once: each unit (file), the whole run (with replace and replace_partitions always), or each part "
     "of a "
     "large file.",
     "unit|run|part"},
    {kTo, "part_size", Form::text, "bytes, such as 64MiB", "256MiB",
     "With commit: part: about so much of a file is committed at once. At least 1KiB."},
    {kTo, "connections", Form::integer, "connections", "1",
     "Into Postgres: so many load at a time; they commit one after the other. Each takes 128 MiB of --memory-limit. 1: "
     "none but one.",
     "", "", 1, 64},
    {kTo, "unchanged", Form::choice, "", "auto",
     "Upsert into Postgres: fetch reads the table first and sends only what is new or different, merge sends all; auto "
     "chooses.",
     "auto|fetch|merge"},
    {kTo, "max_rows_per_second", Form::integer, "rows", "no limit",
     "No more rows than this go to the target in a second, to spare a server that others need.", "", "", 1,
     1'000'000'000},
    {kTo, "alter", Form::choice, "", "none; add with drift: add",
     "How far a table that exists is altered: not at all (but for was), by adding columns that it lacks, or also by "
     "widening types that are narrower than the contract's.",
     "none|add|widen"},
    {kTo, "lineage", Form::boolean, "true or false", "false",
     "Adds columns that say where each row comes from: _ingot_run, _ingot_unit, _ingot_offset."},

    {kTable, "when", Form::sql, "SQL condition", "true",
     "Takes the records for which it is true and no earlier one was."},
    {kTable, "root", Form::text, "path into the record", "the record", "Where the paths of the columns begin."},
    {kTable, "columns", Form::mapping, "as columns at the top", "", "The table's contract."},
    {kTable, "mode", Form::choice, "", "to.mode", "As to.mode, for this table.", kModes},
    {kTable, "key", Form::texts, "column; one or a list", "to.key", "As to.key, for this table."},
    {kTable, "delete_when", Form::sql, "SQL condition", "to.delete_when", "As to.delete_when, for this table."},
    {kTable, "partition_by", Form::texts, "column; one or a list", "to.partition_by",
     "As to.partition_by, for this table."},
    {kTable, "keep", Form::choice, "", "to.keep", "As to.keep, for this table.", "first|last"},
    {kTable, "order_by", Form::text, "column", "to.order_by", "As to.order_by, for this table."},
    {kTable, "parent", Form::text, "a table declared before", "",
     "Makes this a child table: its rows are elements of an array of the records that the parent takes."},
    {kTable, "each", Form::text, "path into the record", "",
     "Of a child table: the array of which each element is a row. Columns are taken from: item (the element), item.x, "
     "record.x; value: meta.index is its place, from 0; value: parent.x a column of the parent."},

    {Section::max_rejects, "count", Form::integer, "records", "", "More than this in one unit fail it.", "", "", 0,
     2'000'000'000},
    {Section::max_rejects, "rate", Form::text, "percentage", "",
     "A greater share of one unit fails it; 10 are always allowed, unless it is 0%."},

    {Section::model, "materialized", Form::choice, "", "view", "What the model is in the target.",
     "view|table|materialized_view|incremental"},
    {Section::model, "sql", Form::sql, "SQL query", "", "The query, in the target's dialect; required."},
    {Section::model, "columns", Form::mapping, "NAME: TYPE [required|generated], or NAME: mapping", "",
     "The columns of a table, with the types that the query's values must fit exactly."},
    {Section::model, "key", Form::texts, "column; one or a list", "",
     "What makes a row of the table the same row; without it all rows are replaced."},
    {Section::model, "after", Form::texts, "model; one or a list", "the models that the query reads",
     "Models that are built before this one."},

    {Section::model_column, "type", Form::text, "SQL type", "", "The type; required."},
    {Section::model_column, "required", Form::boolean, "true or false", "false", "Never NULL."},
    {Section::model_column, "generated", Form::boolean, "true or false", "false",
     "A uuid that a row is given when it is inserted, and keeps."},

    {kProject, "connections", Form::mapping, "NAME: URL, or NAME: mapping", "", "Databases by name."},
    {kProject, "vars", Form::mapping, "NAME: text", "", "Texts for ${var.NAME}."},
    {kProject, "environments", Form::mapping, "NAME: mapping", "",
     "What differs by --env NAME; without --env it is dev."},
    {kProject, "defaults", Form::mapping, "mapping", "", "What holds where a pipeline says nothing."},
    later(kProject, "state", "Where the ledger of targets without transactions lies."),
    later(kProject, "masking", "The keys of masking."),
    later(kProject, "schedule", "As schedule of a pipeline."),
    later(kProject, "retries", "As retries of a pipeline."),
    later(kProject, "models", "As models of a pipeline."),

    {Section::connection, "url", Form::text, "URL", "",
     "duckdb:FILE or file:FOLDER (relative to ingot.yaml) or postgresql://…; required, unless there is a type."},
    {Section::connection, "type", Form::choice, "", "by the url", "How buckets are reached; with the keys below.",
     "s3"},
    {Section::connection, "endpoint", Form::text, "URL",
     "AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's endpoint_url, else AWS",
     "S3: another server, such as http://127.0.0.1:9000 or https://storage.googleapis.com."},
    {Section::connection, "region", Form::text, "region",
     "AWS_REGION, AWS_DEFAULT_REGION, the profile's region, else found out", "S3: where the buckets are."},
    {Section::connection, "profile", Form::text, "name", "AWS_PROFILE, else default",
     "S3: the profile of ~/.aws that credentials and settings are taken from, whatever the environment has."},
    {Section::connection, "access_key_id", Form::text, "text",
     "environment, web identity, profile, container, instance, as AWS's tools look for it", "S3: the access key."},
    {Section::connection, "secret_access_key", Form::text, "${env.NAME} or ${file:PATH}", "likewise",
     "S3: its secret, by reference only."},
    {Section::connection, "session_token", Form::text, "${env.NAME} or ${file:PATH}", "",
     "S3: of a session; likewise."},
    {Section::connection, "anonymous", Form::boolean, "true or false", "false",
     "S3: nothing is signed; for public buckets."},
    {Section::connection, "path_style", Form::boolean, "true or false", "true with an endpoint, else false",
     "S3: the bucket stands in the path of URLs, not in the host."},
    {Section::connection, "requester_pays", Form::boolean, "true or false", "false",
     "S3: requests are paid by who makes them."},

    {Section::environment, "connections", Form::mapping, "as connections at the top", "",
     "Replaces or adds connections by name."},
    {Section::environment, "vars", Form::mapping, "as vars at the top", "", "Replaces or adds variables by name."},

    {Section::defaults, "connection", Form::text, "as to.connection", "", "For pipelines without to.connection."},
    {Section::defaults, "commit", Form::choice, "", "", "For pipelines without to.commit.", "unit|run|part"},
    {Section::defaults, "keep", Form::choice, "", "", "For pipelines without to.keep.", "first|last"},
    {Section::defaults, "max_rejects", Form::text_or_mapping, "as max_rejects of a pipeline", "",
     "For pipelines without max_rejects."},
    {Section::defaults, "unmatched", Form::choice, "", "", "For pipelines with tables and without unmatched.",
     "reject|skip"},
});

std::string type_text(const Option& option) {
  if (option.form != Form::choice) return std::string(option.type);
  std::string out;
  for (const std::string& choice : split_choices(option.choices)) out += (out.empty() ? "`" : ", `") + choice + "`";
  return out;
}

std::string cell(std::string_view text) {
  std::string out;
  for (char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

}  // namespace

std::span<const Option> all_options() { return kOptions; }

const Option* find_option(Section section, std::string_view name) {
  const auto it = std::find_if(kOptions.begin(), kOptions.end(),
                               [&](const Option& o) { return o.section == section && o.name == name; });
  return it == kOptions.end() ? nullptr : &*it;
}

std::string_view section_title(Section section) {
  switch (section) {
    case Section::pipeline:
      return "";
    case Section::from:
      return "from";
    case Section::auth:
      return "from.auth";
    case Section::column:
      return "columns.NAME";
    case Section::parse:
      return "columns.NAME.parse";
    case Section::to:
      return "to";
    case Section::table:
      return "tables.NAME";
    case Section::max_rejects:
      return "max_rejects";
    case Section::model:
      return "models.NAME";
    case Section::model_column:
      return "models.NAME.columns.NAME";
    case Section::project:
      return "ingot.yaml";
    case Section::connection:
      return "ingot.yaml: connections.NAME";
    case Section::environment:
      return "ingot.yaml: environments.NAME";
    case Section::defaults:
      return "ingot.yaml: defaults";
  }
  return "";
}

std::vector<std::string> split_choices(std::string_view choices) {
  std::vector<std::string> out;
  while (!choices.empty()) {
    const size_t end = std::min(choices.find('|'), choices.size());
    out.emplace_back(choices.substr(0, end));
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return out;
}

std::string options_reference_markdown() {
  std::string out = "# Options\n\nMade from src/spec/options.cpp; do not edit. An unknown key is an error.\n";
  const Option* previous = nullptr;
  for (const Option& option : kOptions) {
    if (previous == nullptr || previous->section != option.section) {
      const std::string_view title = section_title(option.section);
      out += fmt::format("\n## {}\n\n| key | value | default | meaning |\n|---|---|---|---|\n",
                         title.empty() ? std::string("The pipeline file") : fmt::format("`{}`", title));
    }
    previous = &option;
    if (option.form == Form::later) {
      out += fmt::format("| `{}` | | | {} *Not supported by this version yet.* |\n", option.name, cell(option.doc));
    } else {
      out += fmt::format("| `{}` | {} | {} | {} |\n", option.name, cell(type_text(option)), cell(option.fallback),
                         cell(option.doc));
    }
  }
  return out;
}

}  // namespace ingot::spec
