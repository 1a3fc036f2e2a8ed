#include "ledger/duckdb/store.h"

namespace ingot {

const std::vector<std::string>& duckdb_ledger_ddl() {
  static const std::vector<std::string> ddl = {
      "CREATE SCHEMA IF NOT EXISTS ingot",
      "CREATE TABLE IF NOT EXISTS ingot.version (version INTEGER NOT NULL)",
      "INSERT INTO ingot.version SELECT 3 WHERE NOT EXISTS (FROM ingot.version)",
      "CREATE SEQUENCE IF NOT EXISTS ingot.run_ids",
      R"(CREATE TABLE IF NOT EXISTS ingot.plans (
        pipeline VARCHAR NOT NULL, target VARCHAR NOT NULL, plan BIGINT NOT NULL, run BIGINT NOT NULL,
        pipeline_hash VARCHAR NOT NULL, loaded_at TIMESTAMPTZ NOT NULL, unit_count BIGINT NOT NULL,
        created_at TIMESTAMPTZ NOT NULL, closed_at TIMESTAMPTZ, kind VARCHAR NOT NULL, lineage BOOLEAN NOT NULL,
        record_limit BIGINT, PRIMARY KEY (pipeline, target, plan)))",
      duckdb_contracts_ddl(),
      R"(CREATE TABLE IF NOT EXISTS ingot.plan_units (
        pipeline VARCHAR NOT NULL, target VARCHAR NOT NULL, plan BIGINT NOT NULL, unit BIGINT NOT NULL,
        name VARCHAR NOT NULL, size BIGINT NOT NULL, mtime_ns BIGINT NOT NULL, ctime_ns BIGINT NOT NULL,
        inode UBIGINT NOT NULL, hash VARCHAR NOT NULL))",
      R"(CREATE TABLE IF NOT EXISTS ingot.units (
        pipeline VARCHAR NOT NULL, target VARCHAR NOT NULL, plan BIGINT NOT NULL, unit BIGINT NOT NULL,
        part BIGINT NOT NULL, name VARCHAR NOT NULL, hash VARCHAR NOT NULL, size BIGINT NOT NULL,
        mtime_ns BIGINT NOT NULL, ctime_ns BIGINT NOT NULL, inode UBIGINT NOT NULL, bytes BIGINT NOT NULL,
        run BIGINT NOT NULL, read BIGINT NOT NULL, inserted BIGINT NOT NULL, updated BIGINT NOT NULL,
        unchanged BIGINT NOT NULL, filtered BIGINT NOT NULL, duplicate BIGINT NOT NULL, rejected BIGINT NOT NULL,
        tables JSON, head BLOB, delimiter VARCHAR, fields BIGINT NOT NULL, undone_by BIGINT, undone_at TIMESTAMPTZ,
        from_byte BIGINT NOT NULL, to_byte BIGINT NOT NULL, to_line BIGINT NOT NULL, complete BOOLEAN NOT NULL,
        tombstones BIGINT NOT NULL, cleared BIGINT NOT NULL, committed_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (pipeline, target, plan, unit, part)))",
      R"(CREATE TABLE IF NOT EXISTS ingot.runs (
        run BIGINT PRIMARY KEY, pipeline VARCHAR NOT NULL, target VARCHAR NOT NULL, plan BIGINT NOT NULL,
        state VARCHAR NOT NULL, started_at TIMESTAMPTZ NOT NULL, ended_at TIMESTAMPTZ, units BIGINT NOT NULL,
        units_failed BIGINT NOT NULL, bytes BIGINT NOT NULL, read BIGINT NOT NULL, inserted BIGINT NOT NULL,
        updated BIGINT NOT NULL, unchanged BIGINT NOT NULL, filtered BIGINT NOT NULL, duplicate BIGINT NOT NULL,
        rejected BIGINT NOT NULL, error VARCHAR NOT NULL, seconds JSON))",
      // No DEFAULT nextval(…): DuckDB 1.5 cannot replay that from the write-ahead log of the database it opens first,
      // so that after a crash the file could be opened by nobody but Ingot, which attaches it.
      R"(CREATE TABLE IF NOT EXISTS ingot.rejects (
        id BIGINT PRIMARY KEY, run BIGINT NOT NULL, pipeline VARCHAR NOT NULL,
        target VARCHAR NOT NULL, plan BIGINT NOT NULL, unit BIGINT NOT NULL, unit_name VARCHAR NOT NULL,
        "table" VARCHAR NOT NULL, byte_offset BIGINT NOT NULL, byte_length BIGINT NOT NULL, line BIGINT NOT NULL,
        "column" BIGINT NOT NULL, field VARCHAR NOT NULL, code VARCHAR NOT NULL, detail VARCHAR NOT NULL,
        raw BLOB NOT NULL, created_at TIMESTAMPTZ NOT NULL, state VARCHAR NOT NULL, resolved_by BIGINT,
        resolved_at TIMESTAMPTZ, origin BIGINT, mended BOOLEAN NOT NULL, record_line BIGINT NOT NULL))",
      R"(CREATE TABLE IF NOT EXISTS ingot.models (
        pipeline VARCHAR NOT NULL, model VARCHAR NOT NULL, materialized VARCHAR NOT NULL, definition VARCHAR,
        pending_run BIGINT, pending_since TIMESTAMPTZ, built_run BIGINT, built_at TIMESTAMPTZ,
        PRIMARY KEY (pipeline, model)))",
      R"(CREATE TABLE IF NOT EXISTS ingot.model_runs (
        run BIGINT NOT NULL, pipeline VARCHAR NOT NULL, model VARCHAR NOT NULL, rows BIGINT NOT NULL,
        inserted BIGINT NOT NULL, updated BIGINT NOT NULL, unchanged BIGINT NOT NULL, deleted BIGINT NOT NULL,
        seconds DOUBLE NOT NULL, built_at TIMESTAMPTZ NOT NULL))",
      "COMMENT ON TABLE ingot.models IS 'The models of each pipeline: with what they were last built, and whether rows "
      "were loaded since'",
      "COMMENT ON TABLE ingot.model_runs IS 'One row each time a model was built, written in the transaction that "
      "built it'",
      "COMMENT ON COLUMN ingot.models.pending_run IS 'The first run that has loaded rows since it was built; NULL: it "
      "is up to date'",
      "COMMENT ON TABLE ingot.plans IS 'What was to be loaded: one row a plan, numbered for each pipeline and target'",
      "COMMENT ON TABLE ingot.contracts IS 'The columns that were inferred for a pipeline that declares none; the "
      "newest "
      "hold'",
      "COMMENT ON COLUMN ingot.contracts.contract IS 'YAML, as it would stand in the pipeline'",
      "COMMENT ON TABLE ingot.plan_units IS 'The units of each plan, in listing order, as they were when it was made'",
      "COMMENT ON TABLE ingot.units IS 'What was loaded: one row a unit, or a part of one, written in the transaction "
      "that wrote its rows; read = "
      "inserted + updated + unchanged + filtered + duplicate + rejected'",
      "COMMENT ON TABLE ingot.runs IS 'One row a run of a pipeline'",
      "COMMENT ON TABLE ingot.rejects IS 'Records that could not be placed, with their address, their bytes and the "
      "reason'",
      "COMMENT ON COLUMN ingot.plans.record_limit IS 'So many records of each unit are loaded; NULL: all'",
      "COMMENT ON COLUMN ingot.units.hash IS 'XXH3-128 of the stored bytes; of a part before the last: of those before "
      "to_byte; empty: only the first records were loaded'",
      "COMMENT ON COLUMN ingot.units.part IS 'Part of a unit that is loaded in parts, from 0'",
      "COMMENT ON COLUMN ingot.units.from_byte IS 'Where reading began in the decompressed unit'",
      "COMMENT ON COLUMN ingot.units.to_byte IS 'Where it ended: the next part begins there'",
      "COMMENT ON COLUMN ingot.units.to_line IS 'Line of to_byte, from 1'",
      "COMMENT ON COLUMN ingot.units.complete IS 'Was the unit read to its end? Then it is loaded'",
      "COMMENT ON COLUMN ingot.units.tombstones IS 'Keys that its transaction was to delete, whether or not they were "
      "there; told with the first of its units'",
      "COMMENT ON COLUMN ingot.units.cleared IS 'Rows that its transaction deleted before its own came (replace, a "
      "full "
      "refresh, …); likewise'",
      "COMMENT ON COLUMN ingot.units.undone_by IS 'The run that took its rows back'",
      "COMMENT ON COLUMN ingot.units.head IS 'Bytes before the first record (CSV: the header), where there are "
      "rejects'",
      "COMMENT ON COLUMN ingot.rejects.state IS 'open, replayed or discarded'",
      "COMMENT ON COLUMN ingot.rejects.origin IS 'The first reject of a record that was loaded again'",
      "COMMENT ON COLUMN ingot.plans.kind IS 'load; refresh: all of it, in the place of what was loaded; replay: of "
      "rejects'",
      "COMMENT ON COLUMN ingot.rejects.resolved_by IS 'The run that replayed it'",
      "COMMENT ON COLUMN ingot.rejects.byte_offset IS 'Of the record within the decompressed unit'",
      "COMMENT ON COLUMN ingot.rejects.\"column\" IS 'In bytes from 1; 0 = unknown'",
      "COMMENT ON COLUMN ingot.plans.loaded_at IS 'meta.loaded_at, the same for a resumed run'",
  };
  return ddl;
}

}  // namespace ingot
