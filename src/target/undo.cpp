#include "target/undo.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/crash_point.h"
#include "core/sql_text.h"
#include "spec/lineage.h"

namespace ingot {

namespace {

std::string of_plan(const Undoing& what) {
  return fmt::format("pipeline = {} AND target = {} AND plan = {}", quote_literal(what.key.pipeline),
                     quote_literal(what.key.target), what.plan);
}

Status check_replays(const UndoSql& sql, const Undoing& what) {
  INGOT_ASSIGN(const uint64_t by,
               sql.number(fmt::format("SELECT coalesce(max(resolved_by), 0) FROM ingot.rejects WHERE {} AND state = "
                                      "'replayed'",
                                      of_plan(what))));
  if (by == 0) return {};
  return fail(Code::conflict, fmt::format("rejects of r{} were loaded again by r{}", what.made_by, by),
              fmt::format("undo that first: ingot undo r{}", by));
}

// What the load replaced, or deleted, is not kept: by whatever the pipeline says now, it did.
Status check_deletions(const UndoSql& sql, const Undoing& what) {
  INGOT_ASSIGN(const uint64_t rows,
               sql.number(fmt::format("SELECT CAST(coalesce(sum(tombstones + cleared), 0) AS bigint) "
                                      "FROM ingot.units WHERE {} AND undone_by IS NULL",
                                      of_plan(what))));
  if (rows == 0) return {};
  return fail(Code::conflict,
              fmt::format("r{} has deleted or replaced rows, which are not kept: it cannot be undone", what.made_by),
              "load the files again that these rows came from: ingot run --reload FILE");
}

// Of a file that a later plan has continued, the beginning would be missing for ever.
Status check_continued(const UndoSql& sql, const Undoing& what) {
  INGOT_ASSIGN(
      const uint64_t by,
      sql.number(fmt::format(
          "SELECT coalesce(max(p.run), 0) FROM ingot.units u JOIN ingot.units l ON l.pipeline = u.pipeline AND "
          "l.target = u.target AND l.name = u.name AND l.from_byte = u.to_byte "
          "JOIN ingot.plans p ON p.pipeline = l.pipeline AND p.target = l.target AND p.plan = l.plan "
          "WHERE u.pipeline = {} AND u.target = {} AND u.plan = {} AND u.undone_by IS NULL AND NOT u.complete "
          "AND l.plan > u.plan AND l.part = 0 AND l.from_byte > 0 AND l.undone_by IS NULL",
          quote_literal(what.key.pipeline), quote_literal(what.key.target), what.plan)));
  if (by == 0) return {};
  return fail(Code::conflict,
              fmt::format("r{} has continued a file behind what r{} had loaded of it", by, what.made_by),
              fmt::format("undo that first: ingot undo r{}", by));
}

Error counts_differ(const Undoing& what, const Undone& done) {
  return {Code::conflict,
          fmt::format("r{} inserted {} rows, and {} of them are there now", what.made_by, done.inserted, done.deleted),
          "somebody else has deleted or copied rows; nothing was changed. --force deletes those that are there",
          {}};
}

}  // namespace

Result<Undone> undo_plan(const UndoSql& sql, const Undoing& what) {
  INGOT_TRY(check_replays(sql, what));
  INGOT_TRY(check_deletions(sql, what));
  INGOT_TRY(check_continued(sql, what));
  Undone done;
  INGOT_ASSIGN(done.inserted, sql.number(fmt::format("SELECT CAST(coalesce(sum(inserted), 0) AS bigint) FROM "
                                                     "ingot.units WHERE {} AND undone_by IS NULL",
                                                     of_plan(what))));
  INGOT_ASSIGN(done.units, sql.number(fmt::format("SELECT count(DISTINCT unit) FROM ingot.units WHERE {} AND "
                                                  "undone_by IS NULL",
                                                  of_plan(what))));
  INGOT_ASSIGN(const uint64_t marked,
               sql.run(fmt::format("UPDATE ingot.units SET undone_by = {}, undone_at = {} WHERE {} AND "
                                   "undone_by IS NULL",
                                   what.run, sql.now, of_plan(what))));
  if (marked == 0)
    return fail(Code::conflict, fmt::format("nothing of r{} is left to be undone", what.made_by),
                "it was undone before, or had loaded nothing");
  for (const TableName& table : what.tables) {
    INGOT_ASSIGN(const uint64_t deleted,
                 sql.run(fmt::format("DELETE FROM {} WHERE {} = {}", table.sql(), kLineageRun, what.made_by)));
    if (std::find(what.children.begin(), what.children.end(), table) == what.children.end()) done.deleted += deleted;
    crash_point("undo.deleted");
  }
  if (done.deleted != done.inserted && !what.force) return fail(counts_differ(what, done));
  INGOT_ASSIGN(done.discarded, sql.run(fmt::format("UPDATE ingot.rejects SET state = 'discarded', resolved_by = {}, "
                                                   "resolved_at = {} WHERE {} AND state = 'open'",
                                                   what.run, sql.now, of_plan(what))));
  INGOT_ASSIGN(
      done.reopened,
      sql.run(fmt::format("UPDATE ingot.rejects SET state = 'open', resolved_by = NULL, resolved_at = NULL "
                          "WHERE pipeline = {} AND target = {} AND state = 'replayed' AND resolved_by IN (SELECT "
                          "run FROM ingot.units WHERE {})",
                          quote_literal(what.key.pipeline), quote_literal(what.key.target), of_plan(what))));
  // One that is pending already is locked, too: who builds it meanwhile is waited for.
  INGOT_TRY(
      sql.run(fmt::format("UPDATE ingot.models SET pending_run = coalesce(pending_run, {}), pending_since = "
                          "coalesce(pending_since, {}) WHERE pipeline = {} AND materialized <> 'view'",
                          what.run, sql.now, quote_literal(what.key.pipeline))));
  crash_point("undo.recorded");
  return done;
}

}  // namespace ingot
