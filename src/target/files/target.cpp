#include "target/files/target.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "core/disk_space.h"
#include "core/sql_text.h"
#include "embedded/sql.h"
#include "spec/connection.h"
#include "target/files/disk.h"
#include "target/files/session.h"
#include "target/files/text_forms.h"

namespace ingot {

namespace {

namespace fs = std::filesystem;

// What all files of a table have in common; kept as the comment of the table that stands for it.
std::string layout_text(const TableSpec& spec) {
  std::string text = format_name(spec.file.format);
  for (const std::string& name : spec.partition_by) text += (text.ends_with(']') ? "[" : " [") + name + "]";
  return text;
}

std::vector<std::string> create_statements(const TableSpec& spec, const TableName& name) {
  std::string columns;
  for (const ColumnSpec& column : spec.columns) {
    columns += fmt::format("{}{} {}{}", columns.empty() ? "" : ", ", quote_identifier(column.name),
                           duckdb_column_type(column.type), column.required ? " NOT NULL" : "");
  }
  return {fmt::format("CREATE TABLE {} ({})", name.sql(), columns),
          fmt::format("COMMENT ON TABLE {} IS {}", name.sql(), quote_literal(layout_text(spec)))};
}

Error not_exact(const TableSpec& spec, const ColumnSpec& column, const std::string& what) {
  return {
      Code::target_refused, fmt::format("column {} of table {} {}", column.name, spec.name, what),
      "all files of a table have the same columns: name another table, or take the table's folder away and load all "
      "files again (--create)",
      column.where};
}

bool is_given(const TableSpec& spec, const std::string& name) {
  return std::any_of(spec.columns.begin(), spec.columns.end(),
                     [&](const ColumnSpec& c) { return duckdb::StringUtil::CIEquals(c.name, name); });
}

}  // namespace

Result<std::vector<TableShape>> FilesTarget::inspect(const Pipeline& pipeline) {
  std::vector<TableShape> shapes;
  for (const TableSpec& spec : pipeline.tables) {
    INGOT_ASSIGN(TableShape shape, inspect_table(spec));
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

Result<TableShape> FilesTarget::inspect_table(const TableSpec& spec) {
  TableShape shape;
  INGOT_ASSIGN(shape.name, parse_table_name(spec.name));
  INGOT_ASSIGN(const auto table, look_up_table(connection_, shape.name));
  for (const ColumnSpec& column : spec.columns) shape.types.push_back(column.type);
  if (table) shape.name.table = table->name.table;
  const fs::path folder = folder_.table(shape.name.table);
  std::error_code unseen;
  if (table && fs::exists(folder, unseen)) {
    shape.exists = true;
    INGOT_TRY(check_existing(spec, *table, shape));
    INGOT_ASSIGN(const std::string layout, layout_of(*table));
    if (layout == layout_text(spec)) return shape;
    return fail(
        {Code::target_refused,
         fmt::format("table {} is of files of another kind: {} instead of {}", spec.name, layout, layout_text(spec)),
         "format and partition_by are those of the first load; name another table", spec.where});
  }
  if (table) {  // its folder was taken away, and its rows with it
    shape.ddl = {fmt::format("UPDATE ingot.files SET state = 'gone' WHERE \"table\" = {} AND state = 'published'",
                             quote_literal(shape.name.table)),
                 fmt::format("DROP TABLE {}", shape.name.sql())};
  } else if (has_files(folder)) {
    return fail({Code::target_refused,
                 fmt::format("the folder holds what the ledger does not know: {}", folder.string()),
                 "Ingot adds to folders that are its own: name another table, or take away what is there", spec.where});
  } else {
    INGOT_ASSIGN(shape.similar, similar_table(connection_, shape.name));
  }
  for (std::string& statement : create_statements(spec, shape.name)) shape.ddl.push_back(std::move(statement));
  return shape;
}

Status FilesTarget::check_existing(const TableSpec& spec, const DuckDbTable& table, TableShape& shape) const {
  for (size_t c = 0; c < spec.columns.size(); ++c) {
    const ColumnSpec& column = spec.columns[c];
    const DuckDbColumn* there = table.find(column.name);
    if (!there) return fail(not_exact(spec, column, "is in none of the files that are there"));
    const auto fitted = fit_type(column.type, there->type);
    if (!fitted) {
      return fail(not_exact(spec, column,
                            fmt::format("is {} in the files that are there, which cannot hold {} exactly", there->type,
                                        sql_name(column.type))));
    }
    shape.types[c] = *fitted;
  }
  for (const DuckDbColumn& column : table.columns) {
    if (column.nullable || is_given(spec, column.name)) continue;
    return fail(
        {Code::target_refused,
         fmt::format("column {} of table {} is never NULL, and the pipeline does not fill it", column.name, spec.name),
         "add it to the pipeline's columns", spec.where});
  }
  return {};
}

Result<std::string> FilesTarget::layout_of(const DuckDbTable& table) {
  INGOT_ASSIGN(const auto rows,
               query_sql(connection_, fmt::format("SELECT comment FROM duckdb_tables() WHERE database_name = "
                                                  "current_database() AND schema_name = 'main' AND table_name = {}",
                                                  quote_literal(table.name.table))));
  return rows->GetValue(0, 0).ToString();
}

Result<Undone> FilesTarget::undo(const Undoing&) {
  return fail(Code::target_refused, fmt::format("undo is not possible in a folder: {}", label_),
              "files are not taken back by this version");
}

Result<std::unique_ptr<Session>> FilesTarget::open_session() {
  return std::unique_ptr<Session>(std::make_unique<FilesSession>(
      connection_, static_cast<DuckDbLedger&>(database_->ledger()), folder_, memory_bytes_));
}

Result<Findings> FilesTarget::examine(const std::vector<TableShape>&) {
  fs::path place = folder_.root();
  std::error_code unseen;
  while (!fs::exists(place, unseen) && place.has_relative_path()) place = place.parent_path();
  Findings findings;
  if (access(place.c_str(), W_OK) != 0) {
    findings.push_back(bad(Code::target_refused, fmt::format("no right to write into the folder {}", place.string()),
                           "chmod u+w, or run as its owner"));
  } else {
    findings.push_back(good(fmt::format("the folder can be written: {}", folder_.root().string())));
  }
  if (const auto free = free_bytes(place.string()); free && *free < kLittleSpace) {
    findings.push_back(warning(fmt::format("little space is left: {} MiB in {}", *free >> 20, place.string()),
                               "make room, or let the connection name another folder"));
  }
  return findings;
}

Result<std::unique_ptr<Target>> open_files_target(const Connection& connection, duckdb::Connection& engine,
                                                  const TargetOptions& options, bool read_only) {
  const TargetFolder folder(spec::files_folder(connection));
  if (!read_only) INGOT_TRY(folder.prepare());
  Connection ledger = connection;
  ledger.kind = Connection::Kind::duckdb;
  ledger.url = Secret("duckdb:" + folder.ledger().string());
  INGOT_ASSIGN(auto database, open_duckdb_target(ledger, engine, options, read_only));
  if (!read_only) {
    INGOT_TRY(folder.settle(engine));
    INGOT_TRY(folder.sweep());
  }
  return std::unique_ptr<Target>(
      std::make_unique<FilesTarget>(engine, connection.label, folder, std::move(database), options.memory_bytes));
}

}  // namespace ingot
