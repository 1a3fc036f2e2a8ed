#include "target/postgres/careful.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "core/crash_point.h"
#include "core/sql_text.h"
#include "spec/lineage.h"
#include "target/postgres/clear.h"
#include "target/postgres/probes.h"
#include "target/postgres/queue.h"
#include "target/postgres/stage.h"
#include "target/replay_order.h"

namespace ingot::postgres {

namespace {

// What becomes of a row: ingot_state in a stage, kind in the queue.
enum State : int {
  kPending = 0,
  kRefused = 1,
  kDuplicate = 2,
  kInserted = 3,
  kUpdated = 4,
  kUnchanged = 5,
  kDeleted = 6
};

constexpr const char* kConflict = "IG002";
constexpr int kPiece = 256;       // rows of which few are refused
constexpr int kSuspectPiece = 4;  // rows of which many are

RefusedRow read_refused(const QueryResult& r, int i, const LoadPlan& plan) {
  RefusedRow row;
  row.unit = static_cast<uint32_t>(r.unsigned_integer(i, 0));
  row.offset = r.unsigned_integer(i, 1);
  row.length = r.unsigned_integer(i, 2);
  row.line = r.unsigned_integer(i, 3);
  const std::string state = r.string(i, 4);
  row.field = r.string(i, 5);
  row.detail = r.string(i, 6);
  if (state == kConflict) {
    row.fault = Fault::conflict;
  } else if (state == "not_exact") {
    row.fault = Fault::not_exact;
  } else if (state == "IG001") {
    row.fault = Fault::refused;
    row.detail = plan.table.row_security ? "not let by a row-level security policy, or suppressed by a trigger"
                                         : "suppressed by a trigger";
  } else if (state == "42501") {
    row.fault = Fault::refused;
    row.detail = "not let by a row-level security policy";
  } else {
    row.fault = state.starts_with("23") ? Fault::constraint : Fault::refused;
    if (row.detail.empty() && state == "23514") row.detail = kNoPartition;  // any other check has a name
    // Nobody else can write now, so that a key that was not seen and is there all the same is hidden.
    if (state == "23505" && plan.keyed && plan.table.row_security && plan.is_key_index(row.detail)) {
      row.detail += ": the row that has this key is hidden by row-level security";
    }
    if (row.detail.empty()) {
      const std::string_view name = condition_name(state);
      row.detail = name.empty() ? state : fmt::format("{} {}", state, name);
    }
  }
  return row;
}

class CarefulLoad {
 public:
  CarefulLoad(PgConnection& server, const LoadPlan& plan, BatchRows& rows, const std::vector<ReplayOrder>& replay)
      : server_(server), plan_(plan), rows_(rows), replay_(replay), queue_(server, plan.table) {}

  Result<LoadResult> run() {
    // Alone with the table: what is selected stays true. Who may only insert cannot lock it: then a row that comes in
    // between fails those that were thought good, and all are tried one after the other.
    if (plan_.table.may_lock && plan_.table.relkind != 'v') {
      INGOT_TRY(server_.run(fmt::format("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", plan_.target())));
    }
    INGOT_TRY(stage_rows());
    crash_point("pg.staged");
    if (!plan_.partition_by.empty()) {
      INGOT_ASSIGN(cleared_, clear_partitions(server_, plan_, *stage_));
    }
    INGOT_TRY(leave_held("s.ingot_state = 0"));
    INGOT_TRY(leave_outdated());
    if (!replay_.empty()) INGOT_TRY(refuse_conflicts());
    if (plan_.versions) INGOT_TRY(server_.run(stage_->succession()));
    if (plan_.versions && plan_.tombstones) INGOT_TRY(server_.run(stage_->return_of_keys()));
    INGOT_TRY(probe_rows(server_, plan_, *stage_));
    INGOT_TRY(plan_.keyed ? by_key() : append());
    crash_point("pg.placed");
    return collect();
  }

 private:
  // Stages all rows with their addresses, each column in its base type; those that cannot be decoded or cast are
  // refused.
  Status stage_rows() {
    if (!plan_.casts) {
      INGOT_TRY(server_.run("SAVEPOINT ingot_stage"));
      stage_ = std::make_unique<Stage>(server_, plan_, StageBooks::verdict, StageForm::converted);
      INGOT_TRY(stage_->create());
      auto filled = stage_->fill(rows_, {});
      if (filled) return index(*stage_);
      if (!is_row_fault(server_.last_error().sqlstate)) return filled;
      INGOT_TRY(server_.run("ROLLBACK TO SAVEPOINT ingot_stage; RELEASE SAVEPOINT ingot_stage"));
    }
    raw_ = std::make_unique<Stage>(server_, plan_, StageBooks::verdict, StageForm::raw);
    INGOT_TRY(raw_->create());
    INGOT_TRY(raw_->fill(rows_, {}));
    INGOT_TRY(index(*raw_));
    stage_ = std::make_unique<Stage>(server_, plan_, StageBooks::verdict, StageForm::converted);
    INGOT_TRY(stage_->create());
    INGOT_TRY(queue_.fill(fmt::format("SELECT ingot_rec AS rec, 0 AS kind FROM {}", raw_->name())));
    INGOT_TRY(place(
        {{fmt::format("INSERT INTO {} ({}) SELECT {}{}, s.ingot_unit, s.ingot_rec, s.ingot_offset, s.ingot_length, "
                      "s.ingot_line FROM {} s JOIN {} q ON q.rec = s.ingot_rec WHERE true",
                      stage_->name(), stage_->filled_columns(), raw_->values(), raw_->flag(), raw_->name(),
                      queue_.name())}},
        raw_->name(), kPiece));
    return index(*stage_);
  }

  // Where rows are never updated, those whose key the table holds are duplicates, before any constraint may refuse
  // them.
  Status leave_held(const std::string& which) {
    if (!plan_.keyed || plan_.updates) return {};
    return server_.run(
        fmt::format("UPDATE {} s SET ingot_state = 2, ingot_fault = NULL, ingot_detail = NULL, ingot_field = NULL FROM "
                    "{} t WHERE {} AND {}",
                    stage_->name(), plan_.only(), stage_->key_matches(), which));
  }

  // Nor can a record be refused that writes nothing because the table's row is a later one.
  Status leave_outdated() {
    if (!plan_.order_by) return {};
    return server_.run(fmt::format("UPDATE {} s SET ingot_state = 2 FROM {} t WHERE {} AND {} AND s.ingot_state = 0",
                                   stage_->name(), plan_.only(), stage_->key_matches(), stage_->outdated()));
  }

  // What the key's own index refused although its key was not seen before: where the table cannot be locked, somebody
  // else's row got in between.
  Status leave_raced() {
    std::string indexes = quote_literal(plan_.key_index.name);
    for (const std::string& part : plan_.key_index.parts) indexes += ", " + quote_literal(part);
    return leave_held(fmt::format("s.ingot_fault = '23505' AND s.ingot_detail IN ({})", indexes));
  }

  // Records of a replay that a later record may have overtaken.
  Status refuse_conflicts() {
    const bool lineage = lineage_of(rows_.table());
    std::string run;
    for (size_t i = 0; i < plan_.columns.size(); ++i) {
      if (rows_.table().columns[i].lineage && rows_.table().columns[i].name == kLineageRun)
        run = fmt::format("s.c{}", i);
    }
    const ConflictSql conflict{fmt::format("t.{} IS NOT NULL", plan_.columns[plan_.key[0]].sql),
                               plan_.tombstones ? "s.ingot_delete" : "false", stage_->differs(),
                               lineage ? written_earlier(plan_.keep, run, "s.ingot_unit", "s.ingot_offset") : "false"};
    return server_.run(
        fmt::format("UPDATE {0} s SET ingot_state = 1, ingot_fault = '{1}', ingot_detail = v.detail FROM (SELECT "
                    "s.ingot_rec AS rec, {2} AS detail FROM {0} s JOIN {5} ON o.unit = s.ingot_unit LEFT JOIN {3} t ON "
                    "{4} WHERE {6}) v WHERE v.rec = s.ingot_rec AND s.ingot_state = 0",
                    stage_->name(), kConflict, lineage ? "coalesce('r' || t._ingot_run, '')" : "''", plan_.only(),
                    stage_->key_matches(), replay_orders(replay_), is_conflict(conflict)));
  }

  Status index(const Stage& stage) {
    return server_.run(fmt::format("CREATE UNIQUE INDEX ON {0} (ingot_rec); ANALYZE {0}", stage.name()));
  }

  Status place(const std::vector<Queue::Statement>& statements, const std::string& verdicts, int piece) {
    if (queue_.rows() == 0) return {};
    if (piece > kSuspectPiece) {
      INGOT_ASSIGN(const bool done, queue_.apply_at_once(statements));
      if (done) return {};
    }
    return queue_.apply_in_order(statements, verdicts, piece);
  }

  std::vector<Queue::Statement> insertion(int kind) const {
    return {{fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} s JOIN {} q ON q.rec = s.ingot_rec WHERE true{}",
                         plan_.target(), plan_.column_list(), stage_->values(), stage_->name(), queue_.name(),
                         kind == 0 ? "" : fmt::format(" AND q.kind = {}", kind)),
             kind}};
  }

  std::string pending(const std::string& also = {}) const {
    return fmt::format("SELECT s.ingot_rec AS rec, 0 AS kind FROM {} s WHERE s.ingot_state = 0{}", stage_->name(),
                       also);
  }

  // The stage's columns of a unique index, as `s.c1, s.c2`; empty where not all are staged or it is no plain index.
  std::vector<size_t> staged_columns(const UniqueIndex& index) const {
    std::vector<size_t> columns;
    for (const std::string& name : index.columns) {
      for (size_t i = 0; i < plan_.columns.size(); ++i) {
        if (plan_.columns[i].column.name == name) columns.push_back(i);
      }
    }
    return columns.size() == index.columns.size() ? columns : std::vector<size_t>{};
  }

  struct Probe {
    std::string name, exists, partition, has_null;
  };
  // Sets can tell who conflicts only where all unique constraints are plain, and no trigger changes the rows.
  bool unique_probes(std::vector<Probe>& probes) const {
    if (plan_.table.before_triggers || plan_.table.exclusion) return false;
    for (const UniqueIndex& index : plan_.table.unique) {
      if (!index.plain()) return false;
      const std::vector<size_t> columns = staged_columns(index);
      if (columns.empty()) continue;  // the server fills a column: it does not repeat itself
      Probe probe;
      probe.name = index.name;
      std::string matches;
      for (size_t k = 0; k < columns.size(); ++k) {
        const size_t c = columns[k];
        matches += fmt::format("{}t.{} {} s.c{}", k == 0 ? "" : " AND ", plan_.columns[c].sql, index.operators[k], c);
        probe.partition += fmt::format("{}s.c{}", k == 0 ? "" : ", ", c);
        probe.has_null += fmt::format("{}s.c{} IS NULL", k == 0 ? "" : " OR ", c);
      }
      probe.exists = fmt::format("EXISTS (SELECT FROM {} t WHERE {})", plan_.only(), matches);
      probes.push_back(std::move(probe));
    }
    return true;
  }

  Status append() {
    std::vector<Probe> probes;
    if (unique_probes(probes) && !probes.empty()) {
      INGOT_TRY(server_.run("SAVEPOINT ingot_unique"));
      auto placed = probes.size() == 1 ? append_by_one_key(probes[0]) : append_by_suspects(probes);
      const bool unreadable = !placed && server_.last_error().sqlstate == "42501";  // no right to look at the table
      if (!placed && !unreadable) return fail(std::move(placed).error());
      if (placed && *placed) return server_.run("RELEASE SAVEPOINT ingot_unique");
      INGOT_TRY(server_.run("ROLLBACK TO SAVEPOINT ingot_unique; RELEASE SAVEPOINT ingot_unique"));
    }
    INGOT_TRY(queue_.fill(pending()));
    return place(insertion(0), stage_->name(), kPiece);
  }

  // With one key: refused is what exists, and all but the first of each key.
  Result<bool> append_by_one_key(const Probe& probe) {
    INGOT_TRY(server_.run(fmt::format(
        "UPDATE {0} s SET ingot_state = 1, ingot_fault = '23505', ingot_detail = {1} FROM (SELECT s.ingot_rec AS rec, "
        "row_number() OVER (PARTITION BY {2} ORDER BY s.ingot_rec) > 1 OR {3} AS taken FROM {0} s WHERE s.ingot_state "
        "= 0 AND NOT ({4})) v "
        "WHERE v.rec = s.ingot_rec AND v.taken",
        stage_->name(), quote_literal(probe.name), probe.partition, probe.exists, probe.has_null)));
    INGOT_TRY(queue_.fill(pending()));
    return queue_.apply_at_once(insertion(0));
  }

  // With several keys: what conflicts with nothing goes in at once, the rest one after the other.
  Result<bool> append_by_suspects(const std::vector<Probe>& probes) {
    std::string suspect;
    for (const Probe& p : probes) {
      suspect += fmt::format("{}(NOT ({}) AND (count(*) OVER (PARTITION BY {}) > 1 OR {}))",
                             suspect.empty() ? "" : " OR ", p.has_null, p.partition, p.exists);
    }
    const std::string judged = fmt::format("SELECT s.ingot_rec AS rec, {} AS suspect FROM {} s WHERE s.ingot_state = 0",
                                           suspect, stage_->name());
    INGOT_TRY(server_.run(fmt::format(
        "CREATE TEMPORARY TABLE ingot_suspects ON COMMIT DROP AS SELECT rec FROM ({}) v WHERE suspect", judged)));
    INGOT_TRY(queue_.fill(pending(" AND s.ingot_rec NOT IN (SELECT rec FROM pg_temp.ingot_suspects)")));
    INGOT_ASSIGN(const bool clean, queue_.apply_at_once(insertion(0)));
    if (!clean) return false;
    INGOT_TRY(queue_.fill("SELECT rec, 0 AS kind FROM pg_temp.ingot_suspects"));
    INGOT_TRY(place(insertion(0), stage_->name(), kSuspectPiece));
    INGOT_TRY(server_.run("DROP TABLE pg_temp.ingot_suspects"));
    return true;
  }

  std::string key() const {
    std::string list;
    for (size_t i : plan_.key) list += fmt::format("{}s.c{}", list.empty() ? "" : ", ", i);
    return list;
  }

  // The row that `keep` prefers stands for its key; where it is refused, the next one does.
  Status by_key() {
    const std::string preferred = fmt::format(
        "SELECT w.ingot_rec AS rec, CASE {8}WHEN t.{5} IS NULL OR {7} THEN 3 WHEN {0} THEN 4 ELSE 5 END AS kind FROM "
        "(SELECT "
        "s.*, row_number() OVER "
        "(PARTITION BY {1} ORDER BY {2}) AS ingot_rank FROM {3} s WHERE s.ingot_state = 0) w JOIN {3} s ON "
        "s.ingot_rec = w.ingot_rec "
        "LEFT JOIN {4} t ON {6} WHERE w.ingot_rank = 1",
        stage_->differs(), key(), stage_->preference(), stage_->name(), plan_.only(), plan_.columns[plan_.key[0]].sql,
        stage_->key_matches(), !plan_.updates,
        plan_.tombstones ? fmt::format("WHEN s.ingot_delete THEN CASE WHEN t.{} IS NULL THEN 5 ELSE 6 END ",
                                       plan_.columns[plan_.key[0]].sql)
                         : "");
    std::vector<Queue::Statement> statements;
    if (plan_.tombstones) {
      statements.push_back(
          {stage_->deletion("q.kind = 6", fmt::format(" JOIN {} q ON q.rec = s.ingot_rec", queue_.name())), kDeleted});
    }
    if (plan_.updates && !stage_->assignments().empty()) {
      statements.push_back(
          {fmt::format(
               "UPDATE {} t SET {} FROM {} s JOIN {} q ON q.rec = s.ingot_rec WHERE {} AND ({}) IS NOT TRUE AND "
               "q.kind = 4",
               plan_.only(), stage_->assignments(), stage_->name(), queue_.name(), stage_->key_matches(),
               stage_->outdated()),
           kUpdated});
    }
    statements.push_back(insertion(kInserted).front());
    // The successor of what was closed. Where it is refused, both are taken back.
    if (plan_.versions) statements.push_back(insertion(kUpdated).front());
    for (;;) {
      INGOT_TRY(leave_held("s.ingot_state = 0"));
      INGOT_TRY(queue_.fill(preferred));
      if (queue_.rows() == 0) return {};
      INGOT_TRY(place(statements, stage_->name(), kPiece));
      INGOT_TRY(leave_raced());
      INGOT_TRY(server_.run(
          fmt::format("UPDATE {} s SET ingot_state = q.kind FROM {} q WHERE q.rec = s.ingot_rec AND s.ingot_state = 0",
                      stage_->name(), queue_.name())));
      INGOT_TRY(server_.run(fmt::format(
          "UPDATE {0} s SET ingot_state = 2 FROM (SELECT s.ingot_rec AS rec, s.ingot_state AS state, "
          "bool_or(s.ingot_state >= 3) OVER "
          "(PARTITION BY {1}) AS placed FROM {0} s) v WHERE v.rec = s.ingot_rec AND v.placed AND v.state = 0",
          stage_->name(), key())));
    }
  }

  Result<LoadResult> collect() {
    LoadResult result;
    result.deleted = cleared_;
    result.cleared = cleared_;
    std::map<uint32_t, LoadResult::PerUnit> units;
    for (const auto& [unit, count] : rows_.rows_by_unit()) units[unit].unit = unit;
    INGOT_ASSIGN(const QueryResult counts,
                 server_.query(fmt::format(
                     "SELECT ingot_unit, ingot_state, count(*), count(*) FILTER (WHERE {}) FROM {} GROUP BY "
                     "1, 2",
                     plan_.tombstones ? "ingot_delete AND ingot_state IN (5, 6)" : "false", stage_->name())));
    uint64_t total = 0;
    for (int i = 0; i < counts.rows(); ++i) {
      LoadResult::PerUnit& unit = units[static_cast<uint32_t>(counts.unsigned_integer(i, 0))];
      const uint64_t count = counts.unsigned_integer(i, 2);
      result.tombstones += counts.unsigned_integer(i, 3);
      switch (counts.integer(i, 1)) {
        case kPending:  // append
        case kInserted:
          unit.inserted += count;
          break;
        case kDeleted:
          result.deleted += count;
          [[fallthrough]];
        case kUpdated:
          unit.updated += count;
          break;
        case kUnchanged:
          unit.unchanged += count;
          break;
        case kDuplicate:
          unit.duplicate += count;
          break;
        default:
          continue;  // refused: counted below
      }
      total += count;
    }
    for (const auto& [number, unit] : units) result.units.push_back(unit);
    std::string refused;
    for (const Stage* stage : {raw_.get(), stage_.get()}) {
      if (!stage) continue;
      refused += fmt::format(
          "{}SELECT ingot_unit, ingot_offset, ingot_length, ingot_line, ingot_fault, coalesce(ingot_field, ''), "
          "coalesce(ingot_detail, ''), ingot_rec FROM {} WHERE ingot_state = 1",
          refused.empty() ? "" : " UNION ALL ", stage->name());
    }
    INGOT_ASSIGN(const QueryResult rows, server_.query(refused + " ORDER BY 8"));
    for (int i = 0; i < rows.rows(); ++i) result.refused.push_back(read_refused(rows, i, plan_));
    if (total + result.refused.size() != rows_.rows()) {
      return fail(Code::books_broken, fmt::format("table {}: {} rows placed and {} refused of {}",
                                                  plan_.table.name.text(), total, result.refused.size(), rows_.rows()));
    }
    INGOT_TRY(server_.run("DROP TABLE IF EXISTS pg_temp.ingot_queue"));
    return result;
  }

  PgConnection& server_;
  const LoadPlan& plan_;
  BatchRows& rows_;
  uint64_t cleared_ = 0;
  const std::vector<ReplayOrder>& replay_;
  std::unique_ptr<Stage> raw_;
  std::unique_ptr<Stage> stage_;
  Queue queue_;
};

}  // namespace

Result<LoadResult> load_carefully(PgConnection& server, const LoadPlan& plan, BatchRows& rows,
                                  const std::vector<ReplayOrder>& replay) {
  return CarefulLoad(server, plan, rows, replay).run();
}

}  // namespace ingot::postgres
