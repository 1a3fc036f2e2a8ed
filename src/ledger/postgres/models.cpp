#include "ledger/postgres/models.h"

#include <fmt/format.h>

namespace ingot::postgres {

Result<std::vector<ModelState>> read_models(PgConnection& server) {
  INGOT_ASSIGN(const QueryResult r,
               server.query("SELECT pipeline, model, materialized, coalesce(definition, ''), coalesce(pending_run, 0) "
                            "FROM ingot.models"));
  std::vector<ModelState> models;
  for (int i = 0; i < r.rows(); ++i) {
    models.push_back({r.string(i, 0), r.string(i, 1), r.string(i, 2), r.string(i, 3), r.unsigned_integer(i, 4)});
  }
  return models;
}

Status register_models(PgConnection& server, const std::vector<ModelState>& models, uint64_t run) {
  for (const ModelState& model : models) {
    INGOT_TRY(server.query(
        "INSERT INTO ingot.models (pipeline, model, materialized, pending_run, pending_since) VALUES ($1, $2, $3, $4, "
        "clock_timestamp()) ON CONFLICT DO NOTHING",
        {model.pipeline, model.model, model.materialized, std::to_string(run)}));
  }
  return {};
}

// In one order for all, so that no two wait for one another; a row that is pending already is locked all the same.
Status mark_models(PgConnection& server, const std::string& pipeline, uint64_t run) {
  INGOT_TRY(
      server.query("SELECT FROM ingot.models WHERE pipeline = $1 AND materialized <> 'view' ORDER BY model "
                   "FOR UPDATE",
                   {pipeline}));
  INGOT_TRY(
      server.query("UPDATE ingot.models SET pending_run = $2, pending_since = clock_timestamp() WHERE pipeline "
                   "= $1 AND materialized <> 'view' AND pending_run IS NULL",
                   {pipeline, std::to_string(run)}));
  return {};
}

Status lock_model(PgConnection& server, const std::string& pipeline, const std::string& model) {
  INGOT_ASSIGN(
      const QueryResult row,
      server.query("SELECT FROM ingot.models WHERE pipeline = $1 AND model = $2 FOR UPDATE", {pipeline, model}));
  if (row.rows() == 1) return {};
  return fail(Code::conflict, fmt::format("the ledger has no model {} of pipeline {}", model, pipeline));
}

Status record_model(PgConnection& server, const ModelEntry& entry) {
  const auto n = [](uint64_t value) { return Parameter(std::to_string(value)); };
  INGOT_TRY(server.query(
      "UPDATE ingot.models SET materialized = $3, definition = $4, pending_run = NULL, pending_since = NULL, built_run "
      "= $5, built_at = clock_timestamp() WHERE pipeline = $1 AND model = $2",
      {entry.pipeline, entry.model, entry.materialized, entry.definition, n(entry.run)}));
  INGOT_TRY(
      server.query("INSERT INTO ingot.model_runs (run, pipeline, model, rows, inserted, updated, unchanged, deleted, "
                   "seconds) VALUES "
                   "($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                   {n(entry.run), entry.pipeline, entry.model, n(entry.rows), n(entry.inserted), n(entry.updated),
                    n(entry.unchanged), n(entry.deleted), fmt::format("{:.6f}", entry.seconds)}));
  return {};
}

}  // namespace ingot::postgres
