#include "target/postgres/children.h"

#include <fmt/format.h>

#include <map>

#include "core/crash_point.h"
#include "core/sql_text.h"
#include "target/postgres/stage.h"

namespace ingot::postgres {

namespace {

Status lock_writers_out(PgConnection& server, const LoadPlan& plan) {
  return server.run(fmt::format("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", plan.target()));
}

constexpr const char* kChangedKeys = "pg_temp.ingot_changed";

class ChildLoad {
 public:
  ChildLoad(PgConnection& server, const LoadPlan& plan, BatchRows& rows, size_t units, const std::string& since)
      : server_(server),
        plan_(plan),
        rows_(rows),
        since_(since),
        stage_(server, plan, books(plan, units), StageForm::typed) {}

  Result<LoadResult> run() {
    INGOT_TRY(lock_writers_out(server_, plan_));
    INGOT_TRY(stage_.create());
    INGOT_TRY(stage_.fill(rows_, {}));
    INGOT_TRY(stage_.analyze());
    crash_point("pg.children_staged");
    if (!rows_.table().child->replaced) {
      INGOT_ASSIGN(const std::string is_new, is_of_new_row());
      return insert(" AND " + is_new);
    }
    INGOT_ASSIGN(const QueryResult held,
                 server_.query(fmt::format("SELECT EXISTS (SELECT FROM {} t JOIN {} s ON {} WHERE s.ingot_delete)",
                                           plan_.only(), stage_.name(), stage_.key_matches())));
    if (!held.boolean(0, 0)) return insert("");
    INGOT_TRY(find_changed());
    INGOT_TRY(clear_changed());
    auto result = insert(fmt::format(" AND EXISTS (SELECT FROM {} c WHERE {})", kChangedKeys, key_is_changed("")));
    if (result) INGOT_TRY(server_.run(fmt::format("DROP TABLE {}", kChangedKeys)));
    return result;
  }

 private:
  static StageBooks books(const LoadPlan& plan, size_t units) {
    if (plan.volatile_defaults) return StageBooks::address;
    return units > 1 ? StageBooks::unit : StageBooks::none;
  }

  // What tells rows apart: all that the user declared. Of the table's rows, or of the stage's.
  std::string compared(bool staged) const {
    std::string list;
    for (size_t i = 0; i < plan_.columns.size(); ++i) {
      const LoadColumn& c = plan_.columns[i];
      if (!c.declared) continue;
      const char* as = compared_as_text(c.column) ? "::text COLLATE \"C\"" : "";
      list += fmt::format("{}({}){} AS c{}", list.empty() ? "" : ", ", staged ? stage_.value(i) : "t." + c.sql, as, i);
    }
    return list;
  }

  Status find_changed() {
    std::string key;
    for (const size_t i : plan_.key) key += fmt::format("{}c{}", key.empty() ? "" : ", ", i);
    const std::string before =
        fmt::format("SELECT {} FROM {} t WHERE EXISTS (SELECT FROM {} s WHERE {} AND s.ingot_delete)", compared(false),
                    plan_.only(), stage_.name(), stage_.key_matches());
    const std::string after =
        fmt::format("SELECT {} FROM {} s WHERE NOT s.ingot_delete", compared(true), stage_.name());
    INGOT_TRY(server_.run(
        fmt::format("CREATE TEMPORARY TABLE ingot_changed ON COMMIT DROP AS SELECT DISTINCT {0} FROM (({1} EXCEPT ALL "
                    "{2}) UNION ALL ({2} EXCEPT ALL {1})) d; ANALYZE {3}",
                    key, before, after, kChangedKeys)));
    crash_point("pg.children_compared");
    return {};
  }

  // Is the key of a row of the table (`t.`), or of the stage, one of `c`?
  std::string key_is_changed(const std::string& table) const {
    std::string same;
    for (size_t k = 0; k < plan_.key.size(); ++k) {
      const size_t i = plan_.key[k];
      same += fmt::format("{}{} {} c.c{}", k == 0 ? "" : " AND ",
                          table.empty() ? stage_.value(i) : table + plan_.columns[i].sql, plan_.key_equals[k], i);
    }
    return same;
  }

  Status clear_changed() {
    const std::string those = fmt::format("FROM {} t WHERE EXISTS (SELECT FROM {} c WHERE {})", plan_.only(),
                                          kChangedKeys, key_is_changed("t."));
    INGOT_ASSIGN(const QueryResult deleted, server_.query("DELETE " + those));
    INGOT_ASSIGN(const QueryResult rest, server_.query(fmt::format("SELECT EXISTS (SELECT {})", those)));
    if (rest.boolean(0, 0)) {
      return fail(Code::target_refused, fmt::format("table {}: a trigger keeps its rows", plan_.table.name.text()),
                  "the children of an updated row have to be deleted first: drop what keeps them");
    }
    deleted_ = deleted.affected();
    crash_point("pg.children_deleted");
    return {};
  }

  // An id that is later than all of this transaction: that of one more savepoint.
  Result<std::string> latest_id() {
    INGOT_TRY(
        server_.run("SAVEPOINT ingot_latest; DROP TABLE IF EXISTS pg_temp.ingot_latest; CREATE TEMPORARY TABLE "
                    "ingot_latest ON COMMIT DROP AS SELECT 1 AS one"));
    INGOT_ASSIGN(const QueryResult row, server_.query("SELECT xmin::text FROM pg_temp.ingot_latest"));
    INGOT_TRY(server_.run("RELEASE SAVEPOINT ingot_latest"));
    return row.string(0, 0);
  }

  // The parent's row was inserted by this transaction: by itself, or by one of its savepoints, whose ids are later than
  // what others had when they were locked out. Ids go round, and age() compares them; those of rows that were frozen
  // long ago may lie on either side.
  Result<std::string> is_of_new_row() {
    INGOT_ASSIGN(const std::string latest, latest_id());
    const TableSpec& parent = rows_.parent()->table();
    std::string same;
    for (size_t k = 0; k < plan_.key.size(); ++k)
      same += fmt::format("p.{} {} {} AND ", quote_identifier(parent.key[k]), plan_.key_equals[k],
                          stage_.value(plan_.key[k]));
    return fmt::format(
        "EXISTS (SELECT FROM {} p WHERE {}(age(p.xmin) BETWEEN age('{}'::xid) AND age('{}'::xid) OR p.xmin = "
        "(txid_current() % 4294967296)::text::xid))",
        rows_.parent()->shape().name.sql(), same, latest, since_);
  }

  Result<LoadResult> insert(const std::string& which) {
    LoadResult result;
    result.deleted = deleted_;
    const bool replaced = rows_.table().child->replaced;
    INGOT_ASSIGN(
        const QueryResult counts,
        server_.query(fmt::format(
            "SELECT {}, count(*), count(*) FILTER (WHERE true{}) FROM {} s WHERE NOT s.ingot_delete GROUP BY 1",
            stage_.has_units() ? "s.ingot_unit" : only_unit(), which, stage_.name())));
    uint64_t wanted = 0;
    for (int i = 0; i < counts.rows(); ++i) {
      const uint64_t inserted = counts.unsigned_integer(i, 2);
      const uint64_t rest = replaced ? counts.unsigned_integer(i, 1) - inserted : 0;
      result.units.push_back({static_cast<uint32_t>(counts.unsigned_integer(i, 0)), inserted, 0, rest, 0});
      wanted += inserted;
    }
    INGOT_ASSIGN(const QueryResult written,
                 server_.query(fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} s WHERE NOT s.ingot_delete{}{}",
                                           plan_.target(), plan_.column_list(), stage_.values(), stage_.name(), which,
                                           plan_.volatile_defaults ? " ORDER BY s.ingot_rec" : "")));
    if (written.affected() != wanted) {
      return fail(Code::target_refused,
                  fmt::format("table {}: {} rows were to be inserted, {} were", plan_.table.name.text(), wanted,
                              written.affected()),
                  "a trigger suppresses some: the children of a record are placed all, or none");
    }
    crash_point("pg.children_inserted");
    return result;
  }

  std::string only_unit() const {
    return std::to_string(rows_.rows_by_unit().empty() ? 0 : rows_.rows_by_unit().front().first);
  }

  PgConnection& server_;
  const LoadPlan& plan_;
  BatchRows& rows_;
  const std::string& since_;
  Stage stage_;
  uint64_t deleted_ = 0;
};

}  // namespace

Result<std::string> lock_parent(PgConnection& server, const LoadPlan& plan) {
  INGOT_TRY(lock_writers_out(server, plan));
  // The numbers below 3 are no transactions.
  INGOT_ASSIGN(const QueryResult next,
               server.query("SELECT greatest(txid_snapshot_xmax(txid_current_snapshot()) % 4294967296, 3)"));
  return next.string(0, 0);
}

Result<LoadResult> load_children(PgConnection& server, const LoadPlan& plan, BatchRows& rows, size_t units,
                                 const std::string& since) {
  auto result = ChildLoad(server, plan, rows, units, since).run();
  if (!result && result.error().code == Code::target_refused && is_row_fault(server.last_error().sqlstate)) {
    Error error = std::move(result).error();
    error.message = fmt::format("child table {}: {}", plan.table.name.text(), error.message);
    return fail(std::move(error));
  }
  return result;
}

}  // namespace ingot::postgres
