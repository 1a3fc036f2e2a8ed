#include "target/postgres/inspect.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/names.h"
#include "core/sql_text.h"
#include "target/postgres/alter.h"
#include "target/postgres/load_plan.h"

namespace ingot::postgres {

namespace {

bool is_float(Kind kind) { return kind == Kind::float32 || kind == Kind::float64; }

// A key that the server could not index, or not tell apart bytewise, in a table that Ingot makes.
Status shape_new_key(const TableSpec& spec, TableShape& shape) {
  for (const ColumnSpec& c : spec.columns) {
    if (std::find(spec.key.begin(), spec.key.end(), c.name) == spec.key.end()) continue;
    if (c.type.kind == Kind::json) {
      return fail(Code::target_refused,
                  fmt::format("table {}, column {}: json cannot be a key", shape.name.text(), c.name),
                  "declare it text");
    }
    if (is_float(c.type.kind)) shape.bytewise_key = false;  // 0 = -0
  }
  return {};
}

Result<TableShape> shape_of_missing(PgConnection& server, const TableSpec& spec, TableName name) {
  TableShape shape;
  shape.name = name;
  INGOT_ASSIGN(const std::vector<std::string> names, tables_near(server, name));
  const std::string nearest = nearest_name(name.table, names);
  if (!nearest.empty()) shape.similar = TableName{name.schema, nearest}.text();
  const std::string schema = name.schema.empty() ? "current_schema()" : quote_literal(name.schema);
  INGOT_ASSIGN(
      const QueryResult result,
      server.query(fmt::format("SELECT n.oid IS NOT NULL, coalesce(has_schema_privilege(n.oid, 'CREATE'), "
                               "has_database_privilege(current_database(), 'CREATE')), n.nspname FROM (SELECT 1) one "
                               "LEFT JOIN pg_namespace n ON n.nspname = {}",
                               schema)));
  const bool exists = result.boolean(0, 0);
  if (!exists && name.schema.empty()) {
    return fail(Code::target_refused,
                fmt::format("table {} cannot be created: no schema of the search path exists", name.text()),
                "write schema.table");
  }
  if (!result.boolean(0, 1)) {
    return fail(Code::target_refused,
                fmt::format("table {} does not exist, and there is no right to create it", name.text()),
                shape.similar.empty() ? fmt::format("GRANT CREATE ON SCHEMA {} TO …, or let the table be created",
                                                    quote_identifier(result.string(0, 2)))
                                      : fmt::format("did you mean {}?", shape.similar));
  }
  // Named in full already before it exists: the ledger's plans are counted under this name.
  if (name.schema.empty()) name.schema = result.string(0, 2);
  shape.name = name;
  for (const ColumnSpec& c : spec.columns) shape.types.push_back(c.type);
  shape.ahead = !spec.clears() && !rules_of(spec.mode).partitions && !spec.follows_key();
  INGOT_TRY(shape_new_key(spec, shape));
  shape.ddl = create_table_sql(name, spec, exists);
  return shape;
}

Result<TableShape> shape_of(PgConnection& server, const TableSpec& spec, Alterations& alterations) {
  INGOT_ASSIGN(TableName name, parse_table_name(spec.name));
  INGOT_ASSIGN(std::optional<TableInfo> table, look_up(server, name));
  if (!table) return shape_of_missing(server, spec, std::move(name));
  TableShape shape;
  INGOT_ASSIGN(std::string columns, columns_of(server, table->oid));
  INGOT_ASSIGN(shape.ddl, alter_table(server, *table, spec));
  if (!shape.ddl.empty()) alterations[shape.ddl[0]] = {table->name, table->oid, std::move(columns)};
  INGOT_ASSIGN(const LoadPlan plan, make_load_plan(std::move(*table), spec));
  shape.name = plan.table.name;
  shape.exists = true;
  shape.bytewise_key = plan.bytewise_key;
  shape.ahead = plan.may_load_ahead();
  for (const LoadColumn& c : plan.columns) shape.types.push_back(c.fit.type);
  return shape;
}

}  // namespace

Result<std::vector<TableShape>> inspect_tables(PgConnection& server, const Pipeline& pipeline,
                                               Alterations& alterations) {
  std::vector<TableShape> shapes;
  for (const TableSpec& spec : pipeline.tables) {
    auto shape = shape_of(server, spec, alterations);
    if (!shape) {
      Error error = std::move(shape).error();
      if (!error.where && spec.where.line > 0) error.where = spec.where;
      return fail(std::move(error));
    }
    shapes.push_back(std::move(*shape));
  }
  return shapes;
}

}  // namespace ingot::postgres
