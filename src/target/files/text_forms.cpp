#include "target/files/text_forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/sql_text.h"

namespace ingot {

namespace {

/// A value as SQL, and what it is: types by DuckDB's names, because all files of a table are alike whatever the
/// pipeline's contract narrows them from.
struct SqlValue {
  std::string sql;
  std::string type;
  Encoding encoding = Encoding::prefixed_hex;
};

bool is_float(const std::string& type) { return type == "FLOAT" || type == "DOUBLE"; }
bool is_list(const std::string& type) { return type.ends_with("[]"); }

bool is_json_number(const std::string& type) {
  return type == "SMALLINT" || type == "INTEGER" || type == "BIGINT" || type == "HUGEINT" || type == "BOOLEAN" ||
         type.starts_with("DECIMAL(");
}

// A decimal without digits before the point has no zero there: DuckDB's text of 0.5 is `.5`, which is no JSON.
std::string number_text(const SqlValue& value) {
  unsigned precision = 0;
  unsigned scale = 0;
  const bool decimal = std::sscanf(value.type.c_str(), "DECIMAL(%u,%u)", &precision, &scale) == 2;
  const std::string text = fmt::format("CAST({} AS VARCHAR)", value.sql);
  return decimal && precision == scale ? fmt::format("replace({}, '.', '0.')", text) : text;
}

// NaN and infinities as the exact parsers read them; `quote` stands around these only.
std::string float_text(const SqlValue& value, const char* quote) {
  return fmt::format(
      "CASE WHEN {0} IS NULL THEN NULL WHEN isfinite({0}) THEN CAST({0} AS VARCHAR) WHEN isnan({0}) THEN '{1}NaN{1}' "
      "WHEN {0} > 0 THEN '{1}Infinity{1}' ELSE '{1}-Infinity{1}' END",
      value.sql, quote);
}

// As the contract spells bytes, so that the same contract reads them back.
std::string bytes_text(const SqlValue& value) {
  switch (value.encoding) {
    case Encoding::hex:
      return fmt::format("lower(hex({}))", value.sql);
    case Encoding::base64:
      return fmt::format("base64({})", value.sql);
    case Encoding::base64url:
      return fmt::format("translate(base64({}), '+/', '-_')", value.sql);
    case Encoding::prefixed_hex:
      break;
  }
  return fmt::format("'\\x' || lower(hex({}))", value.sql);
}

std::string list_text(const SqlValue& value);

std::string plain_text(const SqlValue& value) {
  if (value.type == "VARCHAR" || value.type == "JSON") return value.sql;
  if (value.type == "BLOB") return bytes_text(value);
  if (is_float(value.type)) return float_text(value, "");
  if (is_list(value.type)) return list_text(value);
  return number_text(value);
}

// JSON text; NULL where the value is. A JSON value keeps its text but for line breaks, which in JSON are never part of
// a value.
std::string json_text(const SqlValue& value) {
  if (value.type == "JSON") return fmt::format("translate({}, chr(10) || chr(13), '  ')", value.sql);
  if (is_list(value.type)) return list_text(value);
  if (is_float(value.type)) return float_text(value, "\"");
  if (is_json_number(value.type)) return number_text(value);
  return fmt::format("CAST(to_json(CAST({} AS VARCHAR)) AS VARCHAR)", plain_text(value));
}

std::string list_text(const SqlValue& value) {
  const SqlValue element{"e", value.type.substr(0, value.type.size() - 2), value.encoding};
  return fmt::format("'[' || array_to_string(list_transform({}, lambda e: coalesce({}, 'null')), ',') || ']'",
                     value.sql, json_text(element));
}

// Parquet's INTERVAL counts milliseconds, and none of its parts is negative: intervals are written as text.
std::string parquet_value(const SqlValue& value) {
  return value.type == "INTERVAL" ? fmt::format("CAST({} AS VARCHAR)", value.sql) : value.sql;
}

const ColumnSpec* column_named(const TableSpec& spec, const std::string& name) {
  const auto found = std::find_if(spec.columns.begin(), spec.columns.end(),
                                  [&](const ColumnSpec& c) { return duckdb::StringUtil::CIEquals(c.name, name); });
  return found == spec.columns.end() ? nullptr : &*found;
}

bool names_folder(const TableSpec& spec, const std::string& name) {
  return std::any_of(spec.partition_by.begin(), spec.partition_by.end(),
                     [&](const std::string& p) { return duckdb::StringUtil::CIEquals(p, name); });
}

// JSON is text to the engine: cast, DuckDB would parse it once more, by rules of its own.
SqlValue value_of_column(const DuckDbColumn& column, const ColumnSpec* given) {
  const std::string held = column.type == "JSON" ? "VARCHAR" : column.type;
  const std::string sql = given != nullptr ? quote_identifier(given->name) : "NULL";
  SqlValue value{fmt::format("CAST({} AS {})", sql, held), column.type};
  if (given != nullptr && given->type.kind == Kind::binary) value.encoding = given->type.encoding;
  return value;
}

std::string json_line(const std::vector<std::pair<std::string, SqlValue>>& columns) {
  std::string line;
  for (const auto& [name, value] : columns) {
    const std::string key = (line.empty() ? "{" : ",") + nlohmann::json(name).dump() + ":";
    line +=
        fmt::format("{}{} || coalesce({}, 'null')", line.empty() ? "" : " || ", quote_literal(key), json_text(value));
  }
  return line + " || '}'";
}

}  // namespace

std::string file_rows_sql(const DuckDbTable& table, const TableSpec& spec, const std::string& rows) {
  std::vector<std::pair<std::string, SqlValue>> columns;
  for (const DuckDbColumn& column : table.columns) {
    if (!names_folder(spec, column.name))
      columns.emplace_back(column.name, value_of_column(column, column_named(spec, column.name)));
  }
  std::string list;
  if (spec.file.format == FileFormat::ndjson) {
    list = json_line(columns);
  } else {
    const bool text = spec.file.format == FileFormat::csv;
    for (const auto& [name, value] : columns) {
      list += fmt::format("{}{} AS {}", list.empty() ? "" : ", ", text ? plain_text(value) : parquet_value(value),
                          quote_identifier(name));
    }
  }
  return fmt::format("SELECT {} FROM ({})", list, rows);
}

std::string copy_options(const FileOptions& options, uint64_t row_group_bytes) {
  static constexpr const char* kCompressions[] = {"uncompressed", "snappy", "gzip", "zstd"};
  const char* compression = kCompressions[static_cast<size_t>(options.compression)];
  if (options.format == FileFormat::parquet) {
    std::string more = row_group_bytes > 0 ? fmt::format(", ROW_GROUP_SIZE_BYTES {}", row_group_bytes) : "";
    if (options.compression == FileCompression::zstd) more += fmt::format(", COMPRESSION_LEVEL {}", options.level);
    return fmt::format("(FORMAT parquet, COMPRESSION {}, USE_TMP_FILE false{})", compression, more);
  }
  if (options.compression == FileCompression::none) compression = "none";
  if (options.format == FileFormat::csv) {
    return fmt::format(
        "(FORMAT csv, HEADER true, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR '', COMPRESSION {}, USE_TMP_FILE "
        "false)",
        compression);
  }
  // One text a row, as it is.
  return fmt::format("(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', COMPRESSION {}, USE_TMP_FILE false)",
                     compression);
}

std::string file_extension(const FileOptions& options) {
  std::string extension = fmt::format(".{}", format_name(options.format));
  if (options.format == FileFormat::parquet) return extension;
  if (options.compression == FileCompression::gzip) extension += ".gz";
  if (options.compression == FileCompression::zstd) extension += ".zst";
  return extension;
}

const char* format_name(FileFormat format) {
  switch (format) {
    case FileFormat::csv:
      return "csv";
    case FileFormat::ndjson:
      return "ndjson";
    case FileFormat::parquet:
      break;
  }
  return "parquet";
}

}  // namespace ingot
