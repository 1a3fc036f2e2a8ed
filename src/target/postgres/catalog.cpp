#include "target/postgres/catalog.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/sql_text.h"

namespace ingot::postgres {

namespace {

// below: the relation, its partitions, and what a view reads.
constexpr const char* kRelation = R"(
WITH RECURSIVE below(oid) AS (
  SELECT to_regclass($1)::oid
  UNION SELECT n.oid FROM below b CROSS JOIN LATERAL (
    SELECT i.inhrelid FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent AND p.relkind = 'p' WHERE p.oid = b.oid
    UNION ALL SELECT d.refobjid FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
    WHERE w.ev_class = b.oid AND d.refclassid = 'pg_class'::regclass) n(oid))
SELECT c.oid, n.nspname, c.relname, c.relkind,
       EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type <> '1' AND w.ev_enabled <> 'D'),
       EXISTS (SELECT FROM pg_constraint x WHERE x.conrelid = c.oid AND x.contype = 'x'),
       EXISTS (SELECT FROM pg_trigger t WHERE (t.tgrelid = c.oid OR t.tgrelid IN (SELECT relid FROM pg_partition_tree(c.oid)))
               AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgtype & 3 = 3 AND t.tgtype & 20 <> 0),
       EXISTS (SELECT FROM pg_constraint x WHERE x.conrelid = c.oid AND x.contype = 'f' AND x.confrelid = c.oid),
       has_table_privilege(c.oid, 'INSERT') OR has_any_column_privilege(c.oid, 'INSERT'),
       has_table_privilege(c.oid, 'UPDATE') OR has_any_column_privilege(c.oid, 'UPDATE'),
       has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'),
       has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE'),
       EXISTS (SELECT FROM pg_partition_tree(c.oid)),
       row_security_active(c.oid), CASE WHEN c.relkind = 'v' THEN pg_relation_is_updatable(c.oid, true) & 8 <> 0 ELSE false END,
       coalesce((SELECT min(f.oid::regclass::text) FROM below f JOIN pg_class x ON x.oid = f.oid WHERE x.relkind = 'f'), ''),
       has_table_privilege(c.oid, 'DELETE'),
       EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')),
       EXISTS (SELECT FROM pg_constraint x WHERE x.conrelid = c.oid AND x.contype = 'f')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1))";

constexpr const char* kColumns = R"(
WITH RECURSIVE peeled AS (
  SELECT a.attnum, a.atttypid AS type, a.atttypmod AS typmod, 0 AS depth
  FROM pg_attribute a WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT p.attnum, t.typbasetype, t.typtypmod, p.depth + 1
  FROM peeled p JOIN pg_type t ON t.oid = p.type AND t.typtype = 'd')
SELECT a.attname, b.type, b.typmod, t.typcategory, t.typtype, t.typelem, coalesce(e.typtype, 'b'),
       format('%I.%I', tn.nspname, t.typname), format_type(b.type, b.typmod), t.typname,
       format('%I.%I', dn.nspname, d.typname),
       coalesce((SELECT string_agg(p.type::text, ',' ORDER BY p.depth) FROM peeled p
                 WHERE p.attnum = a.attnum AND p.depth < b.depth), ''),
       a.attnotnull,
       EXISTS (SELECT FROM peeled p JOIN pg_type x ON x.oid = p.type WHERE p.attnum = a.attnum AND x.typnotnull),
       a.atthasdef OR EXISTS (SELECT FROM peeled p JOIN pg_type x ON x.oid = p.type
                              WHERE p.attnum = a.attnum AND x.typdefault IS NOT NULL),
       a.attidentity, a.attgenerated <> '',
       a.attidentity <> '' OR (a.attgenerated = '' AND coalesce(pg_get_expr(f.adbin, f.adrelid) ~ '\(', false)),
       CASE WHEN o.oid IS NOT NULL AND o.collname <> 'default' THEN format('%I.%I', cn.nspname, o.collname) ELSE '' END,
       coalesce(o.collisdeterministic, true)
FROM pg_attribute a
JOIN LATERAL (SELECT p.type, p.typmod, p.depth FROM peeled p WHERE p.attnum = a.attnum ORDER BY p.depth DESC LIMIT 1) b ON true
JOIN pg_type t ON t.oid = b.type JOIN pg_namespace tn ON tn.oid = t.typnamespace
JOIN pg_type d ON d.oid = a.atttypid JOIN pg_namespace dn ON dn.oid = d.typnamespace
LEFT JOIN pg_type e ON e.oid = t.typelem
LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
LEFT JOIN pg_collation o ON o.oid = a.attcollation LEFT JOIN pg_namespace cn ON cn.oid = o.collnamespace
WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)";

// One row for each column of each unique index. The equality operator is that of the index: another one of the same
// name may be first in the search path (citext's in a schema of its own).
constexpr const char* kIndexes = R"(
SELECT c.relname, i.indisprimary,
       i.indisvalid AND i.indisready AND i.indimmediate AND i.indexprs IS NULL
         AND NOT i.indisexclusion
         AND coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false') = 'false'
         AND NOT EXISTS (SELECT FROM pg_constraint x WHERE x.conindid = i.indexrelid AND x.condeferrable),
       coalesce(a.attname, ''),
       coalesce(format('OPERATOR(%I.%s)', pn.nspname, p.oprname), 'OPERATOR(pg_catalog.=)'),
       coalesce(i.indcollation[k - 1] = a.attcollation OR (coalesce(ic.collisdeterministic, true)
                AND coalesce(ac.collisdeterministic, true)), false),
       coalesce(pg_get_expr(i.indpred, i.indrelid), '')
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) k
LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k - 1] AND i.indkey[k - 1] <> 0
LEFT JOIN pg_collation ic ON ic.oid = i.indcollation[k - 1] LEFT JOIN pg_collation ac ON ac.oid = a.attcollation
LEFT JOIN pg_opclass oc ON oc.oid = i.indclass[k - 1]
LEFT JOIN pg_amop m ON m.amopfamily = oc.opcfamily AND m.amoplefttype = oc.opcintype
                   AND m.amoprighttype = oc.opcintype AND m.amopstrategy = 3
LEFT JOIN pg_operator p ON p.oid = m.amopopr LEFT JOIN pg_namespace pn ON pn.oid = p.oprnamespace
WHERE i.indrelid = $1::oid AND i.indisunique ORDER BY i.indisprimary DESC, c.relname, k)";

// The name of each unique index of a partitioned table, and those of its parts in the partitions.
constexpr const char* kIndexParts = R"(
SELECT c.relname, x.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
CROSS JOIN LATERAL pg_partition_tree(c.oid) t JOIN pg_class x ON x.oid = t.relid
WHERE i.indrelid = $1::oid AND i.indisunique AND x.oid <> c.oid)";

std::vector<uint32_t> numbers(std::string_view list) {
  std::vector<uint32_t> out;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    out.push_back(static_cast<uint32_t>(std::stoul(std::string(list.substr(0, comma)))));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return out;
}

char letter(const QueryResult& r, int row, int column) {
  const std::string_view text = r.text(row, column);
  return text.empty() ? '\0' : text[0];
}

Column read_column(const QueryResult& r, int i) {
  Column c;
  c.name = r.string(i, 0);
  c.base = {static_cast<uint32_t>(r.integer(i, 1)),
            static_cast<int32_t>(r.integer(i, 2)),
            letter(r, i, 3),
            letter(r, i, 4),
            static_cast<uint32_t>(r.integer(i, 5)),
            letter(r, i, 6),
            r.string(i, 7),
            r.string(i, 8),
            r.string(i, 9)};
  c.type_sql = r.string(i, 10);
  c.domains = numbers(r.text(i, 11));
  c.not_null = r.boolean(i, 12);
  c.domain_not_null = r.boolean(i, 13);
  c.has_default = r.boolean(i, 14);
  c.identity = letter(r, i, 15);
  c.generated = r.boolean(i, 16);
  c.volatile_default = r.boolean(i, 17);
  c.collation_sql = r.string(i, 18);
  c.deterministic = r.boolean(i, 19);
  return c;
}

}  // namespace

const Column* TableInfo::find(const std::string& column) const {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == column; });
  return found == columns.end() ? nullptr : &*found;
}

bool TableInfo::has_extension_types() const {
  return std::ranges::any_of(columns, [](const Column& column) { return column.base.is_extension(); });
}

bool TableInfo::is_row_fault(std::string_view sqlstate) const {
  return postgres::is_row_fault(sqlstate) || (sqlstate == "XX000" && has_extension_types());
}

Result<std::optional<TableInfo>> look_up(PgConnection& server, const TableName& name) {
  INGOT_ASSIGN(const QueryResult relation, server.query(kRelation, {name.sql()}));
  if (relation.rows() == 0) return std::optional<TableInfo>{};
  TableInfo table;
  table.oid = static_cast<uint32_t>(relation.unsigned_integer(0, 0));
  table.name = {relation.string(0, 1), relation.string(0, 2)};
  table.relkind = letter(relation, 0, 3);
  table.rules = relation.boolean(0, 4);
  table.exclusion = relation.boolean(0, 5);
  table.before_triggers = relation.boolean(0, 6);
  table.self_reference = relation.boolean(0, 7);
  table.may_insert = relation.boolean(0, 8);
  table.may_update = relation.boolean(0, 9);
  table.may_select = relation.boolean(0, 10);
  table.may_lock = relation.boolean(0, 11);
  table.partitions = relation.boolean(0, 12);
  table.row_security = relation.boolean(0, 13);
  table.insertable = relation.boolean(0, 14);
  table.foreign = relation.string(0, 15);
  table.may_delete = relation.boolean(0, 16);
  table.triggers = relation.boolean(0, 17);
  table.foreign_keys = relation.boolean(0, 18);

  const std::vector<Parameter> oid = {relation.string(0, 0)};
  INGOT_ASSIGN(const QueryResult columns, server.query(kColumns, oid));
  for (int i = 0; i < columns.rows(); ++i) table.columns.push_back(read_column(columns, i));
  INGOT_ASSIGN(const QueryResult indexes, server.query(kIndexes, oid));
  for (int i = 0; i < indexes.rows(); ++i) {
    if (table.unique.empty() || table.unique.back().name != indexes.text(i, 0)) {
      table.unique.push_back({indexes.string(i, 0), {}, indexes.boolean(i, 1), true, indexes.string(i, 6), {}, {}});
    }
    UniqueIndex& index = table.unique.back();
    index.sound = index.sound && indexes.boolean(i, 2) && indexes.boolean(i, 5);
    index.columns.push_back(indexes.string(i, 3));
    index.operators.push_back(indexes.string(i, 4));
  }
  if (!table.partitions) return std::optional<TableInfo>(std::move(table));
  INGOT_ASSIGN(const QueryResult parts, server.query(kIndexParts, oid));
  for (int i = 0; i < parts.rows(); ++i) {
    for (UniqueIndex& index : table.unique) {
      if (index.name == parts.text(i, 0)) index.parts.push_back(parts.string(i, 1));
    }
  }
  return std::optional<TableInfo>(std::move(table));
}

Result<std::vector<std::string>> tables_near(PgConnection& server, const TableName& name) {
  const std::string where =
      name.schema.empty() ? "n.nspname = ANY (current_schemas(false))" : "n.nspname = " + quote_literal(name.schema);
  INGOT_ASSIGN(const QueryResult result,
               server.query("SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                            "WHERE c.relkind IN ('r', 'p') AND " +
                            where + " ORDER BY 1"));
  std::vector<std::string> names;
  for (int i = 0; i < result.rows(); ++i) names.push_back(result.string(i, 0));
  return names;
}

}  // namespace ingot::postgres
