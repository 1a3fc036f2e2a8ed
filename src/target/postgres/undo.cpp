#include "target/postgres/undo.h"

#include <string>

#include "core/crash_point.h"
#include "target/undo.h"

namespace ingot::postgres {

namespace {

Status lock_plan(PgConnection& server, const Undoing& what) {
  return server
      .query("SELECT 1 FROM ingot.plans WHERE pipeline = $1 AND target = $2 AND plan = $3 FOR UPDATE",
             {what.key.pipeline, what.key.target, std::to_string(what.plan)})
      .map([](const QueryResult&) {});
}

Result<Undone> within_transaction(PgConnection& server, const Undoing& what) {
  const UndoSql sql{[&](const std::string& statement) -> Result<uint64_t> {
                      INGOT_ASSIGN(const QueryResult r, server.query(statement));
                      return r.affected();
                    },
                    [&](const std::string& query) -> Result<uint64_t> {
                      INGOT_ASSIGN(const QueryResult r, server.query(query));
                      return r.unsigned_integer(0, 0);
                    },
                    "clock_timestamp()"};
  INGOT_TRY(server.run("SET CONSTRAINTS ALL IMMEDIATE"));
  INGOT_TRY(lock_plan(server, what));
  INGOT_ASSIGN(const Undone done, undo_plan(sql, what));
  INGOT_TRY(server.run("COMMIT"));
  return done;
}

}  // namespace

Result<Undone> undo(PgConnection& server, const Undoing& what) {
  INGOT_TRY(server.begin());
  auto done = within_transaction(server, what);
  if (!done) server.rollback();
  if (done) crash_point("undo.committed");
  return done;
}

}  // namespace ingot::postgres
