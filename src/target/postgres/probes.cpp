#include "target/postgres/probes.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/sql_text.h"

namespace ingot::postgres {

namespace {

// Since 18 a constraint may be NOT ENFORCED: then the server takes what breaks it.
constexpr const char* kChecks =
    "SELECT c.conname, pg_get_expr(c.conbin, c.conrelid), a.attname FROM pg_constraint c "
    "LEFT JOIN LATERAL unnest(c.conkey) k(n) ON true LEFT JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum "
    "= k.n "
    "WHERE c.conrelid = $1::oid AND c.contype = 'c' AND coalesce(to_jsonb(c) ->> 'conenforced', 'true')::boolean "
    "ORDER BY c.conname";

constexpr const char* kDomains =
    "SELECT t.oid, t.typnotnull, coalesce(c.conname, ''), coalesce(pg_get_expr(c.conbin, 0), '') FROM pg_type t "
    "LEFT JOIN pg_constraint c ON c.contypid = t.oid AND c.contype = 'c' WHERE t.oid = $1::oid ORDER BY c.conname";

// Without those that say the same again of each partition of the parent, and those over periods.
constexpr const char* kForeignKeys =
    "SELECT c.conname, c.confmatchtype = 'f', a.attname, format('%I.%I', rn.nspname, r.relname), "
    "format('r.%I OPERATOR(%I.%s) ', p.attname, o_n.nspname, o.oprname), c.confrelid = c.conrelid, p.attname "
    "FROM pg_constraint c CROSS JOIN LATERAL unnest(c.conkey, c.confkey, c.conpfeqop) WITH ORDINALITY k(f, p, op, i) "
    "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.f "
    "JOIN pg_attribute p ON p.attrelid = c.confrelid AND p.attnum = k.p "
    "JOIN pg_class r ON r.oid = c.confrelid JOIN pg_namespace rn ON rn.oid = r.relnamespace "
    "JOIN pg_operator o ON o.oid = k.op JOIN pg_namespace o_n ON o_n.oid = o.oprnamespace "
    "WHERE c.conrelid = $1::oid AND c.contype = 'f' AND coalesce(to_jsonb(c) ->> 'conenforced', 'true')::boolean "
    "AND NOT coalesce(to_jsonb(c) ->> 'conperiod', 'false')::boolean "
    "AND NOT EXISTS (SELECT FROM pg_constraint w WHERE w.oid = c.conparentid AND w.conrelid = c.conrelid) "
    "ORDER BY c.conname, k.i";

// What some partition takes, and the columns that decide it (NULL for an expression).
constexpr const char* kPartitions =
    "SELECT coalesce((SELECT string_agg(coalesce('(' || pg_get_partition_constraintdef(relid) || ')', 'true'), ' OR ') "
    "FROM pg_partition_tree($1::oid) WHERE isleaf), 'false'), a.attname FROM (SELECT relid FROM "
    "pg_partition_tree($1::oid) UNION SELECT relid FROM pg_partition_ancestors($1::oid)) t JOIN pg_partitioned_table k "
    "ON k.partrelid = t.relid CROSS JOIN LATERAL unnest(k.partattrs) n(n) LEFT JOIN pg_attribute a ON a.attrelid = "
    "k.partrelid AND a.attnum = n.n AND n.n <> 0";

class Prober {
 public:
  Prober(PgConnection& server, const LoadPlan& plan, const Stage& stage)
      : server_(server), plan_(plan), stage_(stage) {}

  Status run() {
    for (size_t i = 0; i < plan_.columns.size(); ++i) INGOT_TRY(probe_column(i));
    if (plan_.table.partitions) INGOT_TRY(probe_partitions());
    INGOT_TRY(probe_checks());
    return probe_foreign_keys();
  }

 private:
  std::optional<size_t> staged(std::string_view name) const {
    for (size_t i = 0; i < plan_.columns.size(); ++i) {
      if (plan_.columns[i].column.name == name) return i;
    }
    return std::nullopt;
  }

  // Marks the pending rows for which `condition` (over the stage as s) is true; returns how many, 0 if it failed.
  Result<uint64_t> refuse(const std::string& condition, const char* state, const std::string& constraint,
                          const std::string& field) {
    INGOT_TRY(server_.run("SAVEPOINT ingot_probe"));
    auto result = server_.query(
        fmt::format("UPDATE {} s SET ingot_state = 1, ingot_fault = {}, ingot_detail = {}, ingot_field = {} WHERE "
                    "s.ingot_state = 0{} AND ({})",
                    stage_.name(), quote_literal(state), quote_literal(constraint), quote_literal(field),
                    stage_.but_tombstones(), condition));
    if (!result && result.error().code != Code::target_refused) return fail(std::move(result).error());
    INGOT_TRY(server_.run(result ? "RELEASE SAVEPOINT ingot_probe"
                                 : "ROLLBACK TO SAVEPOINT ingot_probe; RELEASE SAVEPOINT ingot_probe"));
    return result ? result->affected() : 0;
  }

  // Evaluates an expression over the stage, its columns named by `columns`.
  std::string is_false(const std::string& columns, const std::string& expression) const {
    return fmt::format(
        "s.ctid IN (SELECT v.ingot_row FROM (SELECT s.ctid AS ingot_row, {} FROM {} s WHERE s.ingot_state = 0) v "
        "WHERE ({}) IS FALSE)",
        columns, stage_.name(), expression);
  }

  Status probe_column(size_t i) {
    const LoadColumn& c = plan_.columns[i];
    const Wire wire = c.fit.wire.wire;
    if ((wire == Wire::timestamp || wire == Wire::time) && c.column.base.typmod >= 0) {
      INGOT_TRY(refuse(fmt::format("s.c{} <> s.c{}::{}", i, i, c.column.base.text), "not_exact", "", c.column.name));
    }
    for (const uint32_t domain : c.column.domains) INGOT_TRY(probe_domain(i, domain));
    if (c.column.not_null) INGOT_TRY(refuse(fmt::format("s.c{} IS NULL", i), "23502", "", c.column.name));
    return {};
  }

  Status probe_domain(size_t i, uint32_t domain) {
    const std::string& name = plan_.columns[i].column.name;
    INGOT_ASSIGN(const QueryResult rules, server_.query(kDomains, {std::to_string(domain)}));
    for (int r = 0; r < rules.rows(); ++r) {
      if (r == 0 && rules.boolean(r, 1)) INGOT_TRY(refuse(fmt::format("s.c{} IS NULL", i), "23502", "", name));
      // Outside a domain's definition VALUE is an ordinary name.
      if (rules.text(r, 2).empty()) continue;
      INGOT_TRY(refuse(is_false(fmt::format("s.c{} AS \"value\"", i), rules.string(r, 3)), "23514", rules.string(r, 2),
                       name));
    }
    return {};
  }

  // The stage's columns by the table's names.
  std::string named_columns() const {
    std::string columns;
    for (size_t i = 0; i < plan_.columns.size(); ++i) {
      columns += fmt::format("{}s.c{} AS {}", i == 0 ? "" : ", ", i, plan_.columns[i].sql);
    }
    return columns;
  }

  Status probe_partitions() {
    INGOT_ASSIGN(const QueryResult keys, server_.query(kPartitions, {std::to_string(plan_.table.oid)}));
    for (int r = 0; r < keys.rows(); ++r) {
      if (keys.is_null(r, 1) || !staged(keys.text(r, 1))) return {};
    }
    const std::string taken = fmt::format("coalesce({}, false)", keys.text(0, 0));
    INGOT_TRY(
        refuse(is_false(named_columns(), taken), "23514", kNoPartition, keys.rows() == 1 ? keys.string(0, 1) : ""));
    return {};
  }

  Status probe_checks() {
    const std::string columns = named_columns();
    INGOT_ASSIGN(const QueryResult checks, server_.query(kChecks, {std::to_string(plan_.table.oid)}));
    for (int r = 0; r < checks.rows();) {
      const int first = r;
      bool all_staged = true;
      for (; r < checks.rows() && checks.text(r, 0) == checks.text(first, 0); ++r) {
        all_staged = all_staged && (checks.is_null(r, 2) || staged(checks.text(r, 2)));
      }
      const std::string field = r - first == 1 ? checks.string(first, 2) : "";
      if (all_staged) {
        INGOT_TRY(refuse(is_false(columns, checks.string(first, 1)), "23514", checks.string(first, 0), field));
      }
    }
    return {};
  }

  struct ForeignKey {
    std::string name, parent, parent_matches, staged_matches, some_null, all_null, field;
    bool full = false, self = false, usable = true;
    int columns = 0;
  };

  void add_column(ForeignKey& key, const QueryResult& r, int row) const {
    const auto column = staged(r.text(row, 2));
    const auto parent = key.self ? staged(r.text(row, 6)) : column;
    if (!column || !parent) {
      key.usable = false;  // a default fills it
      return;
    }
    const char* also = key.columns++ == 0 ? "" : " AND ";
    const std::string condition = r.string(row, 4);
    key.parent_matches += fmt::format("{}{}s.c{}", also, condition, *column);
    const std::string equals = condition.substr(condition.find(" OPERATOR("));
    key.staged_matches += fmt::format("{}r.c{}{}s.c{}", also, *parent, equals, *column);
    key.some_null += fmt::format("{}s.c{} IS NULL", *also ? " OR " : "", *column);
    key.all_null += fmt::format("{}s.c{} IS NULL", also, *column);
    key.field = key.columns == 1 ? r.string(row, 2) : "";
  }

  Status probe_foreign_key(const ForeignKey& key) {
    std::string orphan = fmt::format("NOT ({}) AND NOT EXISTS (SELECT FROM {} r WHERE {})", key.some_null, key.parent,
                                     key.parent_matches);
    if (key.self) {
      orphan += fmt::format(" AND NOT EXISTS (SELECT FROM {} r WHERE r.ingot_state = 0 AND {})", stage_.name(),
                            key.staged_matches);
    }
    if (key.full) orphan = fmt::format("({}) OR (({}) AND NOT ({}))", orphan, key.some_null, key.all_null);
    // A row whose parent is refused is an orphan too.
    for (uint64_t found = 1; found > 0;) {
      INGOT_ASSIGN(found, refuse(orphan, "23503", key.name, key.field));
      if (!key.self) break;
    }
    return {};
  }

  Status probe_foreign_keys() {
    INGOT_ASSIGN(const QueryResult r, server_.query(kForeignKeys, {std::to_string(plan_.table.oid)}));
    std::vector<ForeignKey> keys;
    for (int row = 0; row < r.rows(); ++row) {
      if (keys.empty() || keys.back().name != r.text(row, 0)) {
        keys.push_back({});
        keys.back().name = r.string(row, 0);
        keys.back().full = r.boolean(row, 1);
        keys.back().parent = r.string(row, 3);
        keys.back().self = r.boolean(row, 5);
      }
      add_column(keys.back(), r, row);
    }
    // The server's own check sees parents that a policy hides: such a probe is to fail rather than to miss them.
    if (plan_.table.row_security) INGOT_TRY(server_.run("SET LOCAL row_security = off"));
    for (const ForeignKey& key : keys) {
      if (key.usable) INGOT_TRY(probe_foreign_key(key));
    }
    if (plan_.table.row_security) INGOT_TRY(server_.run("SET LOCAL row_security = on"));
    return {};
  }

  PgConnection& server_;
  const LoadPlan& plan_;
  const Stage& stage_;
};

}  // namespace

Status probe_rows(PgConnection& server, const LoadPlan& plan, const Stage& stage) {
  // What a trigger changes before the constraints see it cannot be probed.
  if (plan.table.before_triggers) return {};
  return Prober(server, plan, stage).run();
}

}  // namespace ingot::postgres
