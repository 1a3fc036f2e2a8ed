#include <fmt/format.h>

#include <algorithm>

#include "core/table_name.h"
#include "spec/options.h"
#include "spec/sections.h"

namespace ingot::spec {

namespace {

/// May a column of this kind name folders? Its values have one text each.
bool can_name_folders(Kind kind) { return kind != Kind::float32 && kind != Kind::float64 && kind != Kind::binary; }

FileFormat format_of(const Node* node) {
  if (node == nullptr || node->text == "parquet") return FileFormat::parquet;
  return node->text == "csv" ? FileFormat::csv : FileFormat::ndjson;
}

FileCompression compression_of(const Node* node, FileFormat format) {
  if (node == nullptr) return format == FileFormat::parquet ? FileCompression::zstd : FileCompression::none;
  if (node->text == "zstd") return FileCompression::zstd;
  if (node->text == "snappy") return FileCompression::snappy;
  return node->text == "gzip" ? FileCompression::gzip : FileCompression::none;
}

void check_mode(const TableSpec& table, Reading& reading) {
  const ModeRules& rules = rules_of(table.mode);
  if (rules.key != Use::needed) return;
  reading.wrong(
      table.where, fmt::format("mode {} into a folder: \"{}\"", rules.name, table.name),
      "no row of a file is changed: write mode append, replace or replace_partitions, or load into a database");
}

// The table's name is that of its folder.
void check_folder_name(const TableSpec& table, Reading& reading) {
  const auto name = parse_table_name(table.name);
  if (!name) return;  // said already
  if (!name->schema.empty()) {
    reading.wrong(table.where, fmt::format("a folder has no schemas: \"{}\"", table.name),
                  "write the table's name alone, or name another folder in the connection");
  } else if (name->table.front() == '_' || name->table.front() == '.' || name->table.size() > 200 ||
             std::any_of(name->table.begin(), name->table.end(),
                         [](unsigned char c) { return c == '/' || c == '*' || c == '?' || c == '[' || c < ' '; })) {
    reading.wrong(table.where, fmt::format("a table's name is its folder's name: \"{}\"", table.name),
                  "without / * ? [, at most 200 bytes, and not beginning with _ or . (such folders are hidden)");
  }
}

void check_partitions(const TableSpec& table, Reading& reading) {
  size_t declared = 0;
  for (const ColumnSpec& column : table.columns) {
    const auto& names = table.partition_by;
    if (std::find(names.begin(), names.end(), column.name) == names.end()) {
      ++declared;
    } else if (!can_name_folders(column.type.kind)) {
      reading.wrong(column.where,
                    fmt::format("a column of type {} cannot name folders: \"{}\"", sql_name(column.type), column.name));
    }
  }
  if (declared == 0 && !table.columns.empty()) {
    reading.wrong(table.where, fmt::format("all columns name folders, and none is left: \"{}\"", table.name),
                  "columns of partition_by do not stand in the files");
  }
}

// What only a folder has a use for.
void refuse_files(Node& to, Reading& reading) {
  for (const char* key : {"format", "compression", "compression_level"}) {
    const auto entry =
        std::find_if(to.entries.begin(), to.entries.end(), [&](const Entry& e) { return e.key.text == key; });
    if (entry == to.entries.end()) continue;
    reading.wrong(entry->key.where, fmt::format("no effect, the target is a database: \"{}\"", key),
                  "write connection: file:FOLDER, or remove it");
  }
}

}  // namespace

void read_file_target(Node& to, Pipeline& pipeline, Reading& reading) {
  if (pipeline.connection.kind != Connection::Kind::files) return refuse_files(to, reading);
  const Node* compression = value_of(to, "compression");
  FileOptions file;
  file.format = format_of(value_of(to, "format"));
  file.compression = compression_of(compression, file.format);
  if (file.compression == FileCompression::snappy && file.format != FileFormat::parquet) {
    reading.wrong(compression->where, "compression: snappy without format: parquet",
                  "whole files are compressed with zstd or gzip");
  }
  if (const Node* level = value_of(to, "compression_level")) {
    if (file.format == FileFormat::parquet && file.compression == FileCompression::zstd)
      file.level = std::stoi(level->text);
    else
      reading.wrong(level->where, "compression_level without Parquet and zstd",
                    "remove it, or write format: parquet, compression: zstd");
  }
  if (pipeline.name.starts_with('_') || pipeline.name.starts_with('.')) {
    reading.wrong(to.where, fmt::format("files are named by the pipeline, and would be hidden: \"{}\"", pipeline.name),
                  "give it another `name`: readers pass over what begins with _ or .");
  }
  for (TableSpec& table : pipeline.tables) {
    table.file = file;
    check_mode(table, reading);
    if (table.alter != Alter::none) {
      reading.wrong(table.where, fmt::format("alter in a folder: \"{}\"", table.name),
                    "files are not altered: remove it, or load into a database");
    }
    if (table.child) {
      reading.wrong(table.where, fmt::format("a child table in a folder: \"{}\"", table.name),
                    "take the array as one column, or load into a database");
    }
    check_folder_name(table, reading);
    check_partitions(table, reading);
  }
}

}  // namespace ingot::spec
