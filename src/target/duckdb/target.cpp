#include "target/duckdb/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/clock.h"
#include "core/crash_point.h"
#include "core/sql_text.h"
#include "embedded/paced.h"
#include "embedded/sql.h"
#include "spec/connection.h"
#include "spec/history.h"
#include "spec/lineage.h"
#include "target/duckdb/alter.h"
#include "target/duckdb/model_database.h"
#include "target/duckdb/session.h"
#include "target/undo.h"

namespace ingot {

namespace {

std::string create_statement(const TableSpec& spec, const TableName& name) {
  std::string columns;
  for (const ColumnSpec& column : spec.columns) {
    const bool is_key = std::find(spec.key.begin(), spec.key.end(), column.name) != spec.key.end();
    columns += fmt::format("{}{} {}{}", columns.empty() ? "" : ", ", quote_identifier(column.name),
                           duckdb_column_type(column.type), column.required || is_key ? " NOT NULL" : "");
  }
  return fmt::format("CREATE TABLE {} ({})", name.sql(), columns);
}

bool same_columns(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const auto lower_sorted = [](std::vector<std::string> names) {
    for (std::string& name : names) name = duckdb::StringUtil::Lower(name);
    std::sort(names.begin(), names.end());
    return names;
  };
  return lower_sorted(a) == lower_sorted(b);
}

}  // namespace

DuckDbTarget::~DuckDbTarget() {
  // Detaching checkpoints; a failure leaves the write-ahead log, which the next opening replays.
  if (connection_.HasActiveTransaction()) (void)run_sql(connection_, "ROLLBACK");
  (void)run_sql(connection_, "USE memory");
  (void)run_sql(connection_, "DETACH target");
}

Result<std::vector<TableShape>> DuckDbTarget::inspect(const Pipeline& pipeline) {
  std::vector<TableShape> shapes;
  for (const TableSpec& spec : pipeline.tables) {
    INGOT_ASSIGN(TableShape shape, inspect_table(spec));
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

Result<TableShape> DuckDbTarget::inspect_table(const TableSpec& spec) {
  TableShape shape;
  INGOT_ASSIGN(const TableName written, parse_table_name(spec.name));
  INGOT_ASSIGN(auto table, look_up_table(connection_, written));
  for (const ColumnSpec& column : spec.columns) shape.types.push_back(column.type);
  if (table) {
    shape.exists = true;
    shape.name = table->name;
    INGOT_ASSIGN(shape.ddl, alter_table(*table, spec));
    INGOT_TRY(check_existing(spec, *table, shape));
    return shape;
  }
  shape.name = written.schema.empty() ? TableName{"main", written.table} : written;
  INGOT_ASSIGN(shape.similar, similar_table(connection_, shape.name));
  if (shape.name.schema != "main")
    shape.ddl.push_back("CREATE SCHEMA IF NOT EXISTS " + quote_identifier(shape.name.schema));
  shape.ddl.push_back(create_statement(spec, shape.name));
  return shape;
}

Status DuckDbTarget::check_existing(const TableSpec& spec, const DuckDbTable& table, TableShape& shape) {
  const std::string table_text = table.name.text();
  for (size_t c = 0; c < spec.columns.size(); ++c) {
    const ColumnSpec& column = spec.columns[c];
    const DuckDbColumn* there = table.find(column.name);
    if (!there) {
      std::string hint =
          column.lineage ? lineage_hint(table.name.sql())
          : column.history
              ? history_hint(table.name.sql())
              : fmt::format(
                    "write to.alter: add, or add it (ALTER TABLE {} ADD COLUMN {} {}), or take it out of the "
                    "pipeline's columns",
                    table.name.sql(), quote_identifier(column.name), duckdb_column_type(column.type));
      return fail({Code::target_refused, fmt::format("table {} has no column {}", table_text, column.name),
                   std::move(hint), column.where});
    }
    const auto fitted =
        holds_enum(there->type, column) ? std::optional(column.type) : fit_type(column.type, there->type);
    if (!fitted) {
      return fail({Code::target_refused,
                   fmt::format("column {} of table {} is {}, which cannot hold {} exactly", column.name, table_text,
                               there->type, sql_name(column.type)),
                   "declare the column as what the table has, or change the table", column.where});
    }
    shape.types[c] = *fitted;
  }
  for (const DuckDbColumn& column : table.columns) {
    const bool given = std::any_of(spec.columns.begin(), spec.columns.end(), [&](const ColumnSpec& c) {
      return duckdb::StringUtil::CIEquals(c.name, column.name);
    });
    if (!given && !column.nullable && !column.default_sql) {
      return fail({Code::target_refused,
                   fmt::format("column {} of table {} is NOT NULL without a default, and the pipeline does not fill it",
                               column.name, table_text),
                   "add it to the pipeline's columns", spec.where});
    }
  }
  if (spec.follows_key() && spec.child->replaced && table.has_unique_index()) {
    return fail({Code::target_refused, fmt::format("child table {} has a unique index", table_text),
                 "DuckDB does not take a key again in the transaction that deletes it: drop the index", spec.where});
  }
  return check_key(spec, table);
}

// A key needs no index (docs/decisions/duckdb-keys.md), but one may be in the way.
Status DuckDbTarget::check_key(const TableSpec& spec, const DuckDbTable& table) {
  if (!rules_of(spec.mode).versions) return {};
  for (const DuckDbConstraint& constraint : table.constraints) {
    using Kind = DuckDbConstraint::Kind;
    const bool unique = constraint.kind == Kind::unique || constraint.kind == Kind::primary_key;
    if (!unique || !same_columns(constraint.columns, spec.key)) continue;
    return fail({Code::target_refused,
                 fmt::format("table {} takes no second version of a key: {}", table.name.text(), constraint.name),
                 single_version_hint(spec), spec.where});
  }
  return {};
}

Result<Undone> DuckDbTarget::undo(const Undoing& what) {
  const auto number = [&](const std::string& statement) -> Result<uint64_t> {
    INGOT_ASSIGN(const int64_t count, query_number(connection_, statement, Code::target_refused));
    return static_cast<uint64_t>(count);
  };
  const UndoSql sql{number, number, fmt::format("make_timestamptz({})", now_micros())};
  INGOT_TRY(run_sql(connection_, "BEGIN TRANSACTION"));
  auto done = undo_plan(sql, what);
  Status status = done ? run_sql(connection_, "COMMIT", Code::target_refused) : fail(done.error());
  if (!status) {
    if (connection_.HasActiveTransaction()) (void)run_sql(connection_, "ROLLBACK");
    return fail(std::move(status).error());
  }
  crash_point("undo.committed");
  return done;
}

Result<std::unique_ptr<Session>> DuckDbTarget::open_session() {
  return std::unique_ptr<Session>(std::make_unique<DuckDbSession>(connection_, ledger_));
}

std::unique_ptr<ModelDatabase> DuckDbTarget::open_models() {
  return std::make_unique<DuckDbModelDatabase>(connection_, ledger_);
}

Result<std::unique_ptr<Target>> open_duckdb_target(const Connection& connection, duckdb::Connection& engine,
                                                   const TargetOptions&, bool read_only) {
  const std::string file = spec::duckdb_file(connection);
  const bool missing = !std::filesystem::exists(file);
  // A look at a file that does not exist yet sees an empty database.
  const std::string attach =
      read_only && missing ? "ATTACH ':memory:' AS target"
                           : fmt::format("ATTACH {} AS target{}", quote_literal(file), read_only ? " (READ_ONLY)" : "");
  if (Status status = run_sql(engine, attach, Code::target_unreachable); !status) {
    Error error = status.error();
    if (error.message.find("Could not set lock") != std::string::npos ||
        error.message.find("onflicting lock") != std::string::npos) {
      return fail(Code::busy, fmt::format("another process has {} open: {}", connection.label, error.message),
                  "one process at a time may write a DuckDB file; wait for it, or stop it");
    }
    error.message = fmt::format("cannot open {}: {}", connection.label, error.message);
    return fail(std::move(error));
  }
  register_paced_function(engine);
  INGOT_TRY(run_sql(engine, "USE target"));
  return std::unique_ptr<Target>(std::make_unique<DuckDbTarget>(engine, connection.label, file));
}

}  // namespace ingot
