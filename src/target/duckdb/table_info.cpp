#include "target/duckdb/table_info.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/names.h"
#include "core/sql_text.h"
#include "embedded/sql.h"

namespace ingot {

namespace {

using duckdb::Value;

constexpr const char* kDatabase = "target";

std::string in_table(const TableName& name) {
  return fmt::format(
      "database_name = current_database() AND lower(schema_name) = lower({}) AND lower(table_name) = lower({})",
      quote_literal(name.schema), quote_literal(name.table));
}

std::vector<std::string> list_of(const Value& value) {
  std::vector<std::string> texts;
  if (value.IsNull()) return texts;
  for (const Value& item : duckdb::ListValue::GetChildren(value)) texts.push_back(item.ToString());
  return texts;
}

Status read_columns(duckdb::Connection& connection, DuckDbTable& table) {
  INGOT_ASSIGN(const auto rows,
               query_sql(connection, fmt::format("SELECT column_name, data_type, is_nullable, column_default FROM "
                                                 "duckdb_columns() WHERE {} ORDER BY column_index",
                                                 in_table(table.name))));
  for (size_t i = 0; i < rows->RowCount(); ++i) {
    DuckDbColumn column;
    column.name = rows->GetValue(0, i).ToString();
    column.type = rows->GetValue(1, i).ToString();
    column.nullable = rows->GetValue(2, i).GetValue<bool>();
    if (!rows->GetValue(3, i).IsNull()) column.default_sql = rows->GetValue(3, i).ToString();
    table.columns.push_back(std::move(column));
  }
  return {};
}

// duckdb_columns() does not say it.
void find_generated(duckdb::Connection& connection, DuckDbTable& table) {
  const auto description = connection.TableInfo(kDatabase, table.name.schema, table.name.table);
  if (!description) return;
  for (const duckdb::ColumnDefinition& there : description->columns) {
    for (DuckDbColumn& column : table.columns) {
      if (column.name == there.Name()) column.generated = there.Generated();
    }
  }
}

Status read_constraints(duckdb::Connection& connection, DuckDbTable& table) {
  INGOT_ASSIGN(
      const auto rows,
      query_sql(connection, fmt::format("SELECT constraint_type, constraint_name, constraint_column_names, expression, "
                                        "referenced_table, referenced_column_names FROM duckdb_constraints() WHERE {}",
                                        in_table(table.name))));
  for (size_t i = 0; i < rows->RowCount(); ++i) {
    DuckDbConstraint constraint;
    const std::string kind = rows->GetValue(0, i).ToString();
    using Kind = DuckDbConstraint::Kind;
    constraint.kind = kind == "NOT NULL"      ? Kind::not_null
                      : kind == "UNIQUE"      ? Kind::unique
                      : kind == "PRIMARY KEY" ? Kind::primary_key
                      : kind == "FOREIGN KEY" ? Kind::foreign_key
                                              : Kind::check;
    if (!rows->GetValue(1, i).IsNull()) constraint.name = rows->GetValue(1, i).ToString();
    constraint.columns = list_of(rows->GetValue(2, i));
    if (!rows->GetValue(3, i).IsNull()) constraint.expression = rows->GetValue(3, i).ToString();
    if (!rows->GetValue(4, i).IsNull()) constraint.referenced_table = rows->GetValue(4, i).ToString();
    constraint.referenced_columns = list_of(rows->GetValue(5, i));
    if (constraint.name.empty()) constraint.name = fmt::format("{} of {}", kind, table.name.text());
    table.constraints.push_back(std::move(constraint));
  }
  return {};
}

// A unique index made by CREATE UNIQUE INDEX is not among the constraints.
Status read_unique_indexes(duckdb::Connection& connection, DuckDbTable& table) {
  INGOT_ASSIGN(
      const auto rows,
      query_sql(connection, fmt::format("SELECT index_name, expressions FROM duckdb_indexes() WHERE is_unique AND {}",
                                        in_table(table.name))));
  for (size_t i = 0; i < rows->RowCount(); ++i) {
    DuckDbConstraint constraint;
    constraint.kind = DuckDbConstraint::Kind::unique;
    constraint.name = rows->GetValue(0, i).ToString();
    // `[a, '"b c"']`: a list of expressions as text.
    INGOT_ASSIGN(const auto parts, query_sql(connection, fmt::format("SELECT {}::VARCHAR[]",
                                                                     quote_literal(rows->GetValue(1, i).ToString()))));
    for (std::string expression : list_of(parts->GetValue(0, 0))) {
      std::erase(expression, '\'');
      if (expression.size() > 1 && expression.front() == '"') expression = expression.substr(1, expression.size() - 2);
      if (!table.find(expression)) {
        return fail(Code::target_refused,
                    fmt::format("table {} has a unique index on an expression, which cannot be checked row by row: {}",
                                table.name.text(), constraint.name));
      }
      constraint.columns.push_back(expression);
    }
    table.constraints.push_back(std::move(constraint));
  }
  return {};
}

}  // namespace

std::string duckdb_sql(const TableName& name) {
  return std::string(kDatabase) + "." + TableName{name.schema.empty() ? "main" : name.schema, name.table}.sql();
}

const DuckDbColumn* DuckDbTable::find(const std::string& column) const {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const DuckDbColumn& c) { return duckdb::StringUtil::CIEquals(c.name, column); });
  return found == columns.end() ? nullptr : &*found;
}

Result<std::string> DuckDbTable::cast_list(const std::vector<std::string>& names) const {
  std::string list;
  for (const std::string& name : names) {
    const DuckDbColumn* there = find(name);
    if (!there)
      return fail(Code::target_refused, fmt::format("column {} of table {} is gone", name, this->name.text()));
    list += fmt::format("{0}CAST({1} AS {2}) AS {1}", list.empty() ? "" : ", ", quote_identifier(name), there->type);
  }
  return list;
}

bool DuckDbTable::has_unique_index() const {
  return std::any_of(constraints.begin(), constraints.end(), [](const DuckDbConstraint& constraint) {
    return constraint.kind == DuckDbConstraint::Kind::unique || constraint.kind == DuckDbConstraint::Kind::primary_key;
  });
}

Result<std::optional<DuckDbTable>> look_up_table(duckdb::Connection& connection, const TableName& name) {
  DuckDbTable table;
  table.name = name.schema.empty() ? TableName{"main", name.table} : name;
  INGOT_ASSIGN(
      const int64_t views,
      query_number(connection, fmt::format("SELECT count(*) FROM duckdb_views() WHERE database_name = "
                                           "current_database() AND lower(schema_name) = lower({}) AND "
                                           "lower(view_name) = lower({})",
                                           quote_literal(table.name.schema), quote_literal(table.name.table))));
  if (views > 0)
    return fail(Code::target_refused, fmt::format("{} is a view; rows are loaded into tables", table.name.text()));
  INGOT_ASSIGN(const auto found,
               query_sql(connection, fmt::format("SELECT schema_name, table_name FROM duckdb_tables() WHERE {}",
                                                 in_table(table.name))));
  if (found->RowCount() == 0) return std::optional<DuckDbTable>();
  table.name = {found->GetValue(0, 0).ToString(), found->GetValue(1, 0).ToString()};
  INGOT_TRY(read_columns(connection, table));
  find_generated(connection, table);
  INGOT_TRY(read_constraints(connection, table));
  INGOT_TRY(read_unique_indexes(connection, table));
  return std::optional<DuckDbTable>(std::move(table));
}

Result<std::string> similar_table(duckdb::Connection& connection, const TableName& name) {
  INGOT_ASSIGN(const auto rows,
               query_sql(connection, fmt::format("SELECT table_name FROM duckdb_tables() WHERE database_name = "
                                                 "current_database() AND lower(schema_name) = lower({})",
                                                 quote_literal(name.schema.empty() ? "main" : name.schema))));
  std::vector<std::string> names;
  for (size_t i = 0; i < rows->RowCount(); ++i) names.push_back(rows->GetValue(0, i).ToString());
  return nearest_name(name.table, names);
}

namespace {

// `VARCHAR[]` → that of its elements; a fixed number of elements, `INTEGER[3]`, is another type.
std::optional<Type> fit_array(const Type& contract, const std::string& column_type) {
  if (!column_type.ends_with("[]")) return std::nullopt;
  auto type = fit_type(element_type(contract), column_type.substr(0, column_type.size() - 2));
  if (!type || type->kind == Kind::array) return std::nullopt;
  type->element = type->kind;
  type->kind = Kind::array;
  return type;
}

// Floats, intervals and bytes have several; DuckDB chooses one.
bool has_one_text(Kind kind) {
  return kind != Kind::float32 && kind != Kind::float64 && kind != Kind::interval && kind != Kind::binary;
}

}  // namespace

std::optional<Type> fit_type(const Type& contract, const std::string& column_type) {
  if (contract.kind == Kind::array) return fit_array(contract, column_type);
  const auto narrower_integer = [&](Kind column) {
    return Type{std::min(contract.kind, column)};  // the integer kinds stand in ascending order
  };
  const bool integer = contract.kind == Kind::int16 || contract.kind == Kind::int32 || contract.kind == Kind::int64;
  const std::string& type = column_type;
  if (type == "VARCHAR") return has_one_text(contract.kind) ? std::optional(contract) : std::nullopt;
  if (integer) {
    if (type == "SMALLINT") return narrower_integer(Kind::int16);
    if (type == "INTEGER") return narrower_integer(Kind::int32);
    if (type == "BIGINT") return narrower_integer(Kind::int64);
    if (type == "HUGEINT") return contract;
    if (type == "DOUBLE") return contract.kind == Kind::int64 ? std::nullopt : std::optional(contract);
  }
  if (type.rfind("DECIMAL(", 0) == 0 && (integer || contract.kind == Kind::decimal)) {
    unsigned precision = 0;
    unsigned scale = 0;
    if (std::sscanf(type.c_str(), "DECIMAL(%u,%u)", &precision, &scale) != 2) return std::nullopt;
    Type out{Kind::decimal, static_cast<uint8_t>(precision), static_cast<uint8_t>(scale)};
    if (contract.kind == Kind::decimal) {
      const uint8_t digits = std::min<int>(contract.precision - contract.scale, out.precision - out.scale);
      out.scale = std::min(contract.scale, out.scale);
      out.precision = std::max<uint8_t>(1, digits + out.scale);
    } else {
      out.precision = std::max<uint8_t>(1, out.precision - out.scale);
      out.scale = 0;
    }
    return out;
  }
  switch (contract.kind) {
    case Kind::boolean:
      return type == "BOOLEAN" ? std::optional(contract) : std::nullopt;
    case Kind::float32:
      return type == "FLOAT" || type == "DOUBLE" ? std::optional(contract) : std::nullopt;
    case Kind::float64:
      return type == "DOUBLE" ? std::optional(contract) : std::nullopt;
    case Kind::date:
      return type == "DATE" ? std::optional(contract) : std::nullopt;
    case Kind::timestamp:
      return type == "TIMESTAMP" ? std::optional(contract) : std::nullopt;
    case Kind::timestamptz:
      return type == "TIMESTAMP WITH TIME ZONE" ? std::optional(contract) : std::nullopt;
    case Kind::uuid:
      return type == "UUID" ? std::optional(contract) : std::nullopt;
    case Kind::time:
      return type == "TIME" ? std::optional(contract) : std::nullopt;
    case Kind::interval:
      return type == "INTERVAL" ? std::optional(contract) : std::nullopt;
    case Kind::binary:
      return type == "BLOB" ? std::optional(contract) : std::nullopt;
    case Kind::json:
      return type == "JSON" ? std::optional(contract) : std::nullopt;
    default:
      return std::nullopt;
  }
}

std::string duckdb_column_type(const Type& type) { return type.kind == Kind::json ? "JSON" : sql_name(type); }

}  // namespace ingot
