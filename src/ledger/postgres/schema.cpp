#include "ledger/postgres/schema.h"

#include <fmt/format.h>

#include "ledger/ledger.h"

namespace ingot::postgres {

namespace {

// "ingot", so that only Ingot's own creations wait for one another.
constexpr const char* kLock = "SELECT pg_advisory_xact_lock(452908705652)";

constexpr const char* kSchema = R"(
CREATE SCHEMA ingot;
COMMENT ON SCHEMA ingot IS 'What Ingot has loaded: plans, units, runs and rejects. Written in the transactions that write the rows.';
)";

constexpr const char* kContracts = R"(
CREATE TABLE IF NOT EXISTS ingot.contracts (
  pipeline text, target text, plan bigint, contract text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (pipeline, target, plan));
COMMENT ON TABLE ingot.contracts IS 'The columns that were inferred for a pipeline that declares none; the newest hold.';
COMMENT ON COLUMN ingot.contracts.pipeline IS 'Name of the pipeline.';
COMMENT ON COLUMN ingot.contracts.target IS 'As in plans.';
COMMENT ON COLUMN ingot.contracts.plan IS 'The plan that they were inferred for.';
COMMENT ON COLUMN ingot.contracts.contract IS 'YAML, as it would stand in the pipeline.';
COMMENT ON COLUMN ingot.contracts.created_at IS 'When they were inferred.';
)";

constexpr const char* kTables = R"(
CREATE TABLE IF NOT EXISTS ingot.version (version integer PRIMARY KEY);
COMMENT ON TABLE ingot.version IS 'The layout of this schema; one row.';
COMMENT ON COLUMN ingot.version.version IS 'Number of the layout; an Ingot refuses one that is newer than its own.';

CREATE TABLE IF NOT EXISTS ingot.plans (
  pipeline text, target text, plan bigint, run bigint NOT NULL, pipeline_hash text NOT NULL,
  loaded_at timestamptz NOT NULL, unit_count bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  closed_at timestamptz, kind text NOT NULL, lineage boolean NOT NULL, record_limit bigint,
  PRIMARY KEY (pipeline, target, plan));
COMMENT ON TABLE ingot.plans IS 'What a run set out to do, stored before its first commit. A rerun completes it before it lists anew.';
COMMENT ON COLUMN ingot.plans.pipeline IS 'Name of the pipeline.';
COMMENT ON COLUMN ingot.plans.target IS 'Table that is loaded; * where records are routed to several.';
COMMENT ON COLUMN ingot.plans.plan IS 'Number of the plan, counted for each pipeline and target from 1.';
COMMENT ON COLUMN ingot.plans.run IS 'Run that made the plan.';
COMMENT ON COLUMN ingot.plans.pipeline_hash IS 'Hash of all that decides what is loaded and how.';
COMMENT ON COLUMN ingot.plans.loaded_at IS 'Value of meta.loaded_at, the same when the plan is resumed.';
COMMENT ON COLUMN ingot.plans.unit_count IS 'Number of units in the plan.';
COMMENT ON COLUMN ingot.plans.created_at IS 'When the plan was stored.';
COMMENT ON COLUMN ingot.plans.closed_at IS 'When the plan was closed before all its units were loaded; then nothing commits under it any more.';
COMMENT ON COLUMN ingot.plans.kind IS 'load; refresh: all of it, in the place of what was loaded; replay: of rejects.';
COMMENT ON COLUMN ingot.plans.lineage IS 'Does every row that it wrote say where it comes from?';
COMMENT ON COLUMN ingot.plans.record_limit IS 'So many records of each unit are loaded; NULL: all.';

CREATE TABLE IF NOT EXISTS ingot.plan_units (
  pipeline text, target text, plan bigint, unit integer, name text NOT NULL, size bigint NOT NULL,
  mtime_ns bigint NOT NULL, ctime_ns bigint NOT NULL, inode bigint NOT NULL, hash text,
  PRIMARY KEY (pipeline, target, plan, unit));
COMMENT ON TABLE ingot.plan_units IS 'The units of each plan, in order, as they were when the plan was made.';
COMMENT ON COLUMN ingot.plan_units.pipeline IS 'Name of the pipeline.';
COMMENT ON COLUMN ingot.plan_units.target IS 'As in plans.';
COMMENT ON COLUMN ingot.plan_units.plan IS 'Number of the plan.';
COMMENT ON COLUMN ingot.plan_units.unit IS 'Place in the listing, from 0.';
COMMENT ON COLUMN ingot.plan_units.name IS 'Name of the file, object, …';
COMMENT ON COLUMN ingot.plan_units.size IS 'Bytes as stored.';
COMMENT ON COLUMN ingot.plan_units.mtime_ns IS 'Time of modification, nanoseconds since 1970.';
COMMENT ON COLUMN ingot.plan_units.ctime_ns IS 'Time of change of the inode, nanoseconds since 1970.';
COMMENT ON COLUMN ingot.plan_units.inode IS 'Number of the inode (as a signed number).';
COMMENT ON COLUMN ingot.plan_units.hash IS 'XXH3-128 of the stored bytes, where it was known when the plan was made.';

CREATE TABLE IF NOT EXISTS ingot.units (
  pipeline text, target text, plan bigint, unit integer, part integer DEFAULT 0, run bigint NOT NULL, name text NOT NULL,
  hash text NOT NULL, size bigint NOT NULL, mtime_ns bigint NOT NULL, ctime_ns bigint NOT NULL, inode bigint NOT NULL,
  bytes bigint NOT NULL, read bigint NOT NULL, inserted bigint NOT NULL, updated bigint NOT NULL,
  unchanged bigint NOT NULL, filtered bigint NOT NULL, duplicate bigint NOT NULL, rejected bigint NOT NULL,
  tables jsonb, head bytea, delimiter text, fields bigint NOT NULL, undone_by bigint, undone_at timestamptz,
  from_byte bigint NOT NULL, to_byte bigint NOT NULL, to_line bigint NOT NULL, complete boolean NOT NULL,
  tombstones bigint NOT NULL DEFAULT 0, cleared bigint NOT NULL DEFAULT 0,
  committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (pipeline, target, plan, unit, part));
COMMENT ON TABLE ingot.units IS 'The units that are loaded, or parts of them: each row was committed together with its unit''s rows. The primary key is what keeps a unit from being loaded twice.';
COMMENT ON COLUMN ingot.units.pipeline IS 'Name of the pipeline.';
COMMENT ON COLUMN ingot.units.target IS 'As in plans.';
COMMENT ON COLUMN ingot.units.plan IS 'Number of the plan.';
COMMENT ON COLUMN ingot.units.unit IS 'Place in the plan, from 0.';
COMMENT ON COLUMN ingot.units.part IS 'Part of a unit that is loaded in parts, from 0.';
COMMENT ON COLUMN ingot.units.run IS 'Run that committed it.';
COMMENT ON COLUMN ingot.units.name IS 'Name of the file, object, …';
COMMENT ON COLUMN ingot.units.hash IS 'XXH3-128 of the stored bytes; of a part before the last: of those before to_byte; empty where only the first records were loaded.';
COMMENT ON COLUMN ingot.units.size IS 'Bytes as stored.';
COMMENT ON COLUMN ingot.units.mtime_ns IS 'Time of modification, nanoseconds since 1970.';
COMMENT ON COLUMN ingot.units.ctime_ns IS 'Time of change of the inode, nanoseconds since 1970.';
COMMENT ON COLUMN ingot.units.inode IS 'Number of the inode (as a signed number).';
COMMENT ON COLUMN ingot.units.bytes IS 'Bytes after decompression.';
COMMENT ON COLUMN ingot.units.read IS 'Records read = inserted + updated + unchanged + filtered + duplicate + rejected.';
COMMENT ON COLUMN ingot.units.inserted IS 'Records that became new rows.';
COMMENT ON COLUMN ingot.units.updated IS 'Records that changed a row.';
COMMENT ON COLUMN ingot.units.unchanged IS 'Records whose row was the same already.';
COMMENT ON COLUMN ingot.units.filtered IS 'Records turned away by `where` or `unmatched: skip`.';
COMMENT ON COLUMN ingot.units.duplicate IS 'Records that lost to another of the same key in the same commit.';
COMMENT ON COLUMN ingot.units.rejected IS 'Records that could not be placed; see rejects.';
COMMENT ON COLUMN ingot.units.tables IS 'The counts of each table, where there are several.';
COMMENT ON COLUMN ingot.units.head IS 'Of a unit with rejects: the bytes before its first record (CSV: byte order mark and header).';
COMMENT ON COLUMN ingot.units.delimiter IS 'Of a CSV unit with rejects: the delimiter that was given or detected.';
COMMENT ON COLUMN ingot.units.fields IS 'Fields of each record of a CSV unit; 0 = not known.';
COMMENT ON COLUMN ingot.units.undone_by IS 'Run that took its rows back: the file is not known any more.';
COMMENT ON COLUMN ingot.units.undone_at IS 'When that was.';
COMMENT ON COLUMN ingot.units.from_byte IS 'Where reading began in the decompressed unit.';
COMMENT ON COLUMN ingot.units.to_byte IS 'Where it ended: the next part begins there.';
COMMENT ON COLUMN ingot.units.to_line IS 'Line of to_byte, from 1.';
COMMENT ON COLUMN ingot.units.complete IS 'Was the unit read to its end? Then it is loaded.';
COMMENT ON COLUMN ingot.units.tombstones IS 'Keys that its transaction was to delete, whether or not they were there; told with the first of its units.';
COMMENT ON COLUMN ingot.units.cleared IS 'Rows that its transaction deleted before its own came (replace, a full refresh, …); likewise.';
COMMENT ON COLUMN ingot.units.committed_at IS 'When the row was written, shortly before the commit.';

CREATE TABLE IF NOT EXISTS ingot.runs (
  run bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, pipeline text NOT NULL, target text NOT NULL,
  plan bigint NOT NULL DEFAULT 0, state text NOT NULL DEFAULT 'running', started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz, units bigint NOT NULL DEFAULT 0, units_failed bigint NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0, read bigint NOT NULL DEFAULT 0, inserted bigint NOT NULL DEFAULT 0,
  updated bigint NOT NULL DEFAULT 0, unchanged bigint NOT NULL DEFAULT 0, filtered bigint NOT NULL DEFAULT 0,
  duplicate bigint NOT NULL DEFAULT 0, rejected bigint NOT NULL DEFAULT 0, error text, seconds jsonb);
COMMENT ON TABLE ingot.runs IS 'The executions of pipelines.';
COMMENT ON COLUMN ingot.runs.run IS 'Number of the run.';
COMMENT ON COLUMN ingot.runs.pipeline IS 'Name of the pipeline.';
COMMENT ON COLUMN ingot.runs.target IS 'As in plans.';
COMMENT ON COLUMN ingot.runs.plan IS 'Plan that the run worked on last; 0 = none.';
COMMENT ON COLUMN ingot.runs.state IS 'running, done, failed or interrupted. A run that died stays running here; `ingot runs` shows it as lost.';
COMMENT ON COLUMN ingot.runs.started_at IS 'When it began.';
COMMENT ON COLUMN ingot.runs.ended_at IS 'When it ended.';
COMMENT ON COLUMN ingot.runs.units IS 'Units loaded.';
COMMENT ON COLUMN ingot.runs.units_failed IS 'Units that failed.';
COMMENT ON COLUMN ingot.runs.bytes IS 'Bytes after decompression.';
COMMENT ON COLUMN ingot.runs.read IS 'As in units, in all.';
COMMENT ON COLUMN ingot.runs.inserted IS 'As in units, in all.';
COMMENT ON COLUMN ingot.runs.updated IS 'As in units, in all.';
COMMENT ON COLUMN ingot.runs.unchanged IS 'As in units, in all.';
COMMENT ON COLUMN ingot.runs.filtered IS 'As in units, in all.';
COMMENT ON COLUMN ingot.runs.duplicate IS 'As in units, in all.';
COMMENT ON COLUMN ingot.runs.rejected IS 'As in units, in all.';
COMMENT ON COLUMN ingot.runs.error IS 'Code and message of the first failure.';
COMMENT ON COLUMN ingot.runs.seconds IS 'Seconds by phase.';

CREATE TABLE IF NOT EXISTS ingot.rejects (
  id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, run bigint NOT NULL, pipeline text NOT NULL,
  target text NOT NULL, plan bigint NOT NULL, unit integer NOT NULL, unit_name text NOT NULL, "table" text,
  byte_offset bigint NOT NULL, byte_length bigint NOT NULL, line bigint NOT NULL, "column" bigint, field text,
  code text NOT NULL, detail text, raw bytea NOT NULL, created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'replayed', 'discarded')), resolved_by bigint,
  resolved_at timestamptz, origin bigint, mended boolean NOT NULL, record_line bigint NOT NULL);
CREATE INDEX IF NOT EXISTS rejects_run ON ingot.rejects (run);
COMMENT ON TABLE ingot.rejects IS 'Records that could not be placed, with their bytes and the reason.';
COMMENT ON COLUMN ingot.rejects.id IS 'Number of the reject.';
COMMENT ON COLUMN ingot.rejects.run IS 'Run that found it.';
COMMENT ON COLUMN ingot.rejects.pipeline IS 'Name of the pipeline.';
COMMENT ON COLUMN ingot.rejects.target IS 'As in plans.';
COMMENT ON COLUMN ingot.rejects.plan IS 'Number of the plan.';
COMMENT ON COLUMN ingot.rejects.unit IS 'Place in the plan, from 0.';
COMMENT ON COLUMN ingot.rejects.unit_name IS 'Name of the file, object, …';
COMMENT ON COLUMN ingot.rejects."table" IS 'Table it was meant for, where that is known.';
COMMENT ON COLUMN ingot.rejects.byte_offset IS 'Where the record begins in the decompressed unit, from 0.';
COMMENT ON COLUMN ingot.rejects.byte_length IS 'Its length in bytes.';
COMMENT ON COLUMN ingot.rejects.line IS 'Line of the offending place, from 1.';
COMMENT ON COLUMN ingot.rejects."column" IS 'Column of the offending place in bytes, from 1.';
COMMENT ON COLUMN ingot.rejects.field IS 'Field at fault.';
COMMENT ON COLUMN ingot.rejects.code IS 'Reason: not_a_number, constraint, …';
COMMENT ON COLUMN ingot.rejects.detail IS 'Offending text, name of the constraint, or SQLSTATE.';
COMMENT ON COLUMN ingot.rejects.raw IS 'The record''s bytes.';
COMMENT ON COLUMN ingot.rejects.created_at IS 'When it was stored.';
COMMENT ON COLUMN ingot.rejects.state IS 'open, replayed or discarded.';
COMMENT ON COLUMN ingot.rejects.resolved_by IS 'Run that replayed it.';
COMMENT ON COLUMN ingot.rejects.resolved_at IS 'When it was replayed or discarded.';
COMMENT ON COLUMN ingot.rejects.origin IS 'Of a record that was loaded again: its first reject.';
COMMENT ON COLUMN ingot.rejects.mended IS 'Are the bytes others than those that were read at the address?';
COMMENT ON COLUMN ingot.rejects.record_line IS 'Line at which the record begins, from 1.';

CREATE TABLE IF NOT EXISTS ingot.models (
  pipeline text, model text, materialized text NOT NULL, definition text, pending_run bigint, pending_since timestamptz,
  built_run bigint, built_at timestamptz, PRIMARY KEY (pipeline, model));
COMMENT ON TABLE ingot.models IS 'The models of each pipeline: with what they were last built, and whether rows were loaded since.';
COMMENT ON COLUMN ingot.models.pipeline IS 'Name of the pipeline.';
COMMENT ON COLUMN ingot.models.model IS 'The table or view that it is.';
COMMENT ON COLUMN ingot.models.materialized IS 'view, table, materialized_view or incremental.';
COMMENT ON COLUMN ingot.models.definition IS 'Hash of the definition with which it was last built; NULL: never.';
COMMENT ON COLUMN ingot.models.pending_run IS 'The first run that has loaded rows since it was built; NULL: it is up to date.';
COMMENT ON COLUMN ingot.models.pending_since IS 'When those rows were committed, shortly before.';
COMMENT ON COLUMN ingot.models.built_run IS 'The run that last built it.';
COMMENT ON COLUMN ingot.models.built_at IS 'When it was last built.';

CREATE TABLE IF NOT EXISTS ingot.model_runs (
  run bigint, pipeline text NOT NULL, model text, rows bigint NOT NULL, inserted bigint NOT NULL,
  updated bigint NOT NULL, unchanged bigint NOT NULL, deleted bigint NOT NULL, seconds double precision NOT NULL,
  built_at timestamptz DEFAULT clock_timestamp(), PRIMARY KEY (run, model, built_at));
COMMENT ON TABLE ingot.model_runs IS 'One row each time a model was built, written in the transaction that built it.';
COMMENT ON COLUMN ingot.model_runs.run IS 'The run that built it.';
COMMENT ON COLUMN ingot.model_runs.pipeline IS 'Name of the pipeline.';
COMMENT ON COLUMN ingot.model_runs.model IS 'The table or view that it is.';
COMMENT ON COLUMN ingot.model_runs.rows IS 'Rows of the result = inserted + updated + unchanged; 0 for views.';
COMMENT ON COLUMN ingot.model_runs.inserted IS 'Rows that were new.';
COMMENT ON COLUMN ingot.model_runs.updated IS 'Rows that were changed.';
COMMENT ON COLUMN ingot.model_runs.unchanged IS 'Rows that were the same already, and not touched.';
COMMENT ON COLUMN ingot.model_runs.deleted IS 'Rows that were no longer in the result.';
COMMENT ON COLUMN ingot.model_runs.seconds IS 'How long it took.';
COMMENT ON COLUMN ingot.model_runs.built_at IS 'When.';

INSERT INTO ingot.version SELECT 3 WHERE NOT EXISTS (SELECT FROM ingot.version);
)";

// Is there the schema, may it be used, may tables be made in it, are there tables, and may all of them be used?
constexpr const char* kRights = R"(
SELECT n.oid IS NOT NULL, coalesce(has_schema_privilege(n.oid, 'USAGE'), false),
       coalesce(has_schema_privilege(n.oid, 'CREATE'), has_database_privilege(current_database(), 'CREATE')),
       coalesce((SELECT true FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'version'), false),
       coalesce((SELECT bool_and(has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
                                 AND has_table_privilege(c.oid, 'UPDATE'))
                 FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind = 'r'), true),
       quote_ident(current_user), quote_ident(current_database())
FROM (SELECT 1) one LEFT JOIN pg_namespace n ON n.nspname = 'ingot')";

enum class Need : uint8_t { read, write };

// Before the first statement that would fail for want of a right: what the server says then names no cure.
Status check_rights(PgConnection& server, Need need) {
  INGOT_ASSIGN(const QueryResult r, server.query(kRights));
  const bool schema = r.boolean(0, 0), usage = r.boolean(0, 1), create = r.boolean(0, 2), tables = r.boolean(0, 3);
  const std::string user = r.string(0, 5), database = r.string(0, 6);
  const std::string use = fmt::format(
      "GRANT USAGE ON SCHEMA ingot TO {0}; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA ingot TO {0};", user);
  if (schema && (!usage || (need == Need::write && !r.boolean(0, 4)))) {
    return fail(Code::target_refused,
                fmt::format("user {} may not use the ledger, schema ingot of database {}", user, database),
                "let its owner or a DBA run: " + use);
  }
  if (need == Need::read || tables || create) return {};
  return fail(Code::target_refused, fmt::format("user {} may not create the ledger in database {}", user, database),
              schema ? fmt::format("let a DBA run: GRANT CREATE ON SCHEMA ingot TO {};", user)
                     : fmt::format("let a DBA run: CREATE SCHEMA ingot AUTHORIZATION {};", user));
}

Result<std::optional<int64_t>> version(PgConnection& server) {
  INGOT_ASSIGN(const QueryResult there, server.query("SELECT to_regclass('ingot.version') IS NOT NULL"));
  if (!there.boolean(0, 0)) return std::optional<int64_t>{};
  INGOT_ASSIGN(const QueryResult result, server.query("SELECT max(version) FROM ingot.version"));
  if (result.is_null(0, 0)) return std::optional<int64_t>{};
  return std::optional<int64_t>(result.integer(0, 0));
}

Status create_schema(PgConnection& server) {
  INGOT_ASSIGN(const QueryResult there, server.query("SELECT to_regnamespace('ingot') IS NOT NULL"));
  return there.boolean(0, 0) ? Status{} : server.run(kSchema);
}

}  // namespace

Result<bool> ledger_exists(PgConnection& server) {
  INGOT_TRY(check_rights(server, Need::read));
  INGOT_ASSIGN(const auto found, version(server));
  if (found) INGOT_TRY(check_layout(*found));
  return found.has_value();
}

Status check_ledger_rights(PgConnection& server) { return check_rights(server, Need::write); }

Status create_ledger(PgConnection& server) {
  INGOT_TRY(check_ledger_rights(server));
  INGOT_ASSIGN(auto found, version(server));
  if (!found) {
    // One transaction: either all of it is there, or nothing. The schema may be there already: a DBA has made it.
    INGOT_TRY(server.begin());
    auto status = server.run(kLock);
    if (status) status = create_schema(server);
    if (status) status = server.run(kTables);
    if (status) status = server.run(kContracts);
    if (status) status = server.run("COMMIT");
    if (!status) {
      server.rollback();
      return status;
    }
    INGOT_ASSIGN(found, version(server));
  }
  return check_layout(found.value_or(0));
}

Result<bool> has_contracts(PgConnection& server) {
  INGOT_ASSIGN(const QueryResult there, server.query("SELECT to_regclass('ingot.contracts') IS NOT NULL"));
  return there.boolean(0, 0);
}

Status create_contracts(PgConnection& server) {
  INGOT_ASSIGN(const bool there, has_contracts(server));
  if (there) return {};
  INGOT_TRY(server.run(kLock));
  return server.run(kContracts);
}

}  // namespace ingot::postgres
