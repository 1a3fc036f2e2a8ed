#include "target/duckdb/model_database.h"

#include <fmt/format.h>

#include "core/sql_text.h"
#include "embedded/sql.h"
#include "target/duckdb/table_info.h"

namespace ingot {

namespace {

char family_of(const std::string& type) {
  if (type.starts_with("DECIMAL") || type.ends_with("INT") || type == "INTEGER" || type == "UINTEGER" ||
      type == "FLOAT" || type == "DOUBLE") {
    return 'N';
  }
  if (type == "VARCHAR" || type == "JSON") return 'S';
  return type == "DATE" || type.starts_with("TIMESTAMP") ? 'D' : 'U';
}

std::string temporary(const std::string& name) { return "temp.main." + quote_identifier(name); }

}  // namespace

std::string DuckDbModelDatabase::sql(const TableName& name) const { return duckdb_sql(name); }

Result<std::vector<RelationColumn>> DuckDbModelDatabase::describe(const std::string& table) {
  INGOT_ASSIGN(const auto rows,
               query_sql(connection_, fmt::format("SELECT column_name, column_type FROM (DESCRIBE {})", table),
                         Code::target_refused));
  std::vector<RelationColumn> columns;
  for (size_t i = 0; i < rows->RowCount(); ++i) {
    const std::string type = rows->GetValue(1, i).ToString();
    columns.push_back({rows->GetValue(0, i).ToString(), type, family_of(type), false});
  }
  return columns;
}

Result<std::optional<Relation>> DuckDbModelDatabase::look_up(const TableName& name) {
  const TableName wanted = name.schema.empty() ? TableName{"main", name.table} : name;
  INGOT_ASSIGN(
      const auto rows,
      query_sql(connection_,
                fmt::format("SELECT s, n, v FROM (SELECT database_name AS d, schema_name AS s, table_name AS n, false "
                            "AS v FROM duckdb_tables() UNION ALL SELECT database_name, schema_name, view_name, true "
                            "FROM duckdb_views()) WHERE d = current_database() AND lower(s) = lower({}) AND lower(n) = "
                            "lower({})",
                            quote_literal(wanted.schema), quote_literal(wanted.table))));
  if (rows->RowCount() == 0) return std::optional<Relation>();
  Relation relation;
  relation.name = {rows->GetValue(0, 0).ToString(), rows->GetValue(1, 0).ToString()};
  if (rows->GetValue(2, 0).GetValue<bool>()) {
    relation.kind = Relation::Kind::view;
    return std::optional<Relation>(std::move(relation));
  }
  INGOT_ASSIGN(relation.columns, describe(duckdb_sql(relation.name)));
  return std::optional<Relation>(std::move(relation));
}

Status DuckDbModelDatabase::begin(const std::string&, const std::string&) {
  INGOT_TRY(run_sql(connection_, "BEGIN TRANSACTION", Code::target_refused));
  active_ = true;
  return {};
}

Status DuckDbModelDatabase::run(const std::string& sql) { return run_sql(connection_, sql, Code::target_refused); }

Result<uint64_t> DuckDbModelDatabase::change(const std::string& sql) {
  INGOT_ASSIGN(const int64_t rows, query_number(connection_, sql, Code::target_refused));
  return static_cast<uint64_t>(rows);
}

Result<std::vector<uint64_t>> DuckDbModelDatabase::numbers(const std::string& sql) {
  INGOT_ASSIGN(const auto rows, query_sql(connection_, sql, Code::target_refused));
  if (rows->RowCount() != 1) return fail(Code::internal, "a query that must yield one row did not");
  std::vector<uint64_t> numbers;
  for (size_t c = 0; c < rows->ColumnCount(); ++c) numbers.push_back(rows->GetValue(c, 0).GetValue<uint64_t>());
  return numbers;
}

Result<std::string> DuckDbModelDatabase::stage(const std::string& name, const std::string& query) {
  INGOT_TRY(run(fmt::format("CREATE OR REPLACE TEMP TABLE {} AS {}", quote_identifier(name), query)));
  return temporary(name);
}

Result<std::vector<RelationColumn>> DuckDbModelDatabase::stage_columns(const std::string& name) {
  return describe(temporary(name));
}

Status DuckDbModelDatabase::replace_view(const TableName& name, const std::string& query) {
  return run(fmt::format("CREATE OR REPLACE VIEW {} AS {}", name.sql(), query));
}

Status DuckDbModelDatabase::commit() {
  INGOT_TRY(run_sql(connection_, "COMMIT", Code::target_refused));
  active_ = false;
  return {};
}

void DuckDbModelDatabase::rollback() noexcept {
  if (active_ && connection_.HasActiveTransaction()) (void)run_sql(connection_, "ROLLBACK");
  active_ = false;
}

}  // namespace ingot
