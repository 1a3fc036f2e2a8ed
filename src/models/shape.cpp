#include "models/shape.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/sql_text.h"

namespace ingot {

namespace {

const char* text_of(Relation::Kind kind) {
  switch (kind) {
    case Relation::Kind::table:
      return "a table";
    case Relation::Kind::view:
      return "a view";
    case Relation::Kind::materialized_view:
      return "a materialized view";
    case Relation::Kind::other:
      return "partitioned, foreign or the like";
  }
  return "";
}

Relation::Kind kind_of(Materialized materialized) {
  switch (materialized) {
    case Materialized::view:
      return Relation::Kind::view;
    case Materialized::table:
    case Materialized::incremental:
      return Relation::Kind::table;
    case Materialized::materialized_view:
      return Relation::Kind::materialized_view;
  }
  return Relation::Kind::other;
}

// A model's table is looked at as if it were appended to: there is no index that it must have.
Pipeline as_pipeline(const ModelSpec& spec) {
  TableSpec table;
  table.name = spec.name;
  table.where = spec.where;
  for (const ModelColumn& column : spec.columns) {
    ColumnSpec& added = table.columns.emplace_back();
    added.name = column.name;
    added.type = column.type;
    added.required = column.required || column.generated;
    added.where = column.where;
  }
  Pipeline pipeline;
  pipeline.tables.push_back(std::move(table));
  return pipeline;
}

std::string create_sql(const ModelSpec& spec, const TableName& name, const ModelDatabase& database) {
  switch (spec.materialized) {
    case Materialized::table:
    case Materialized::incremental:
      return create_model_table_sql(spec, name, database.dialect());
    case Materialized::view:
      return fmt::format("CREATE VIEW {} AS {}", name.sql(), spec.sql);
    case Materialized::materialized_view:
      return fmt::format("CREATE MATERIALIZED VIEW {} AS {}", name.sql(), spec.sql);
  }
  return {};
}

}  // namespace

std::string create_model_table_sql(const ModelSpec& spec, const TableName& name,
                                   const ModelDatabase::Dialect& dialect) {
  std::string body;
  std::string primary;
  for (const ModelColumn& column : spec.columns) {
    const bool is_primary = dialect.indexes_key && column.generated && primary.empty();
    if (is_primary) primary = column.name;
    body += fmt::format("{}{} {}{}", body.empty() ? "" : ", ", quote_identifier(column.name), sql_name(column.type),
                        is_primary                            ? " PRIMARY KEY"
                        : column.required || column.generated ? " NOT NULL"
                                                              : "");
  }
  // Not the primary key: a key may be NULL.
  if (dialect.indexes_key && !spec.key.empty()) body += fmt::format(", UNIQUE ({})", quoted_list(spec.key));
  return fmt::format("CREATE TABLE {} ({})", name.sql(), body);
}

Result<ModelShape> inspect_model(Target& target, ModelDatabase& database, const ModelSpec& spec) {
  ModelShape shape;
  INGOT_ASSIGN(shape.name, parse_table_name(spec.name));
  INGOT_ASSIGN(const auto there, database.look_up(shape.name));
  if (there && there->kind != kind_of(spec.materialized)) {
    return fail({Code::target_refused,
                 fmt::format("{} is {}, and the model {}", there->name.text(), text_of(there->kind),
                             text_of(kind_of(spec.materialized))),
                 "drop it, or give the model another name", spec.where});
  }
  if (there && !is_table(spec.materialized)) {
    shape.name = there->name;
    shape.exists = true;
    return shape;
  }
  INGOT_ASSIGN(const auto tables, target.inspect(as_pipeline(spec)));
  shape.name = tables.front().name;
  shape.exists = tables.front().exists;
  if (shape.exists) {
    INGOT_ASSIGN(const auto some, database.numbers(fmt::format("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT 1) q",
                                                               database.sql(shape.name))));
    shape.has_rows = some.front() > 0;
    return shape;
  }
  // Of what would create the table only what comes before it: its schema.
  if (tables.front().ddl.size() > 1)
    shape.ddl.push_back("CREATE SCHEMA IF NOT EXISTS " + quote_identifier(shape.name.schema));
  shape.ddl.push_back(create_sql(spec, shape.name, database));
  return shape;
}

}  // namespace ingot
