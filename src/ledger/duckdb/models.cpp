#include <fmt/format.h>

#include "core/sql_text.h"
#include "embedded/sql.h"
#include "ledger/duckdb/store.h"

namespace ingot {

namespace {

std::string where_model(const std::string& pipeline, const std::string& model) {
  return fmt::format("pipeline = {} AND model = {}", quote_literal(pipeline), quote_literal(model));
}

}  // namespace

Result<std::vector<ModelState>> DuckDbLedger::models() {
  INGOT_ASSIGN(
      const auto rows,
      query_sql(connection_,
                "SELECT pipeline, model, materialized, coalesce(definition, ''), coalesce(pending_run, 0) FROM "
                "ingot.models"));
  std::vector<ModelState> models;
  for (size_t i = 0; i < rows->RowCount(); ++i) {
    models.push_back({rows->GetValue(0, i).ToString(), rows->GetValue(1, i).ToString(), rows->GetValue(2, i).ToString(),
                      rows->GetValue(3, i).ToString(), rows->GetValue(4, i).GetValue<uint64_t>()});
  }
  return models;
}

Status DuckDbLedger::register_models(const std::vector<ModelState>& models, uint64_t run) {
  for (const ModelState& model : models) {
    INGOT_TRY(run_sql(connection_,
                      fmt::format("INSERT INTO ingot.models (pipeline, model, materialized, pending_run, "
                                  "pending_since) SELECT {}, {}, {}, {}, now() WHERE NOT EXISTS (SELECT 1 FROM "
                                  "ingot.models WHERE {})",
                                  quote_literal(model.pipeline), quote_literal(model.model),
                                  quote_literal(model.materialized), run, where_model(model.pipeline, model.model)),
                      Code::target_refused));
  }
  return {};
}

Status DuckDbLedger::mark_models(const std::string& pipeline, uint64_t run) {
  return run_sql(connection_,
                 fmt::format("UPDATE ingot.models SET pending_run = {}, pending_since = now() WHERE pipeline = {} AND "
                             "materialized <> 'view' AND pending_run IS NULL",
                             run, quote_literal(pipeline)),
                 Code::target_refused);
}

Status DuckDbLedger::record_model(const ModelEntry& entry) {
  INGOT_TRY(run_sql(connection_,
                    fmt::format("UPDATE ingot.models SET materialized = {}, definition = {}, pending_run = NULL, "
                                "pending_since = NULL, built_run = {}, built_at = now() WHERE {}",
                                quote_literal(entry.materialized), quote_literal(entry.definition), entry.run,
                                where_model(entry.pipeline, entry.model)),
                    Code::target_refused));
  return run_sql(connection_,
                 fmt::format("INSERT INTO ingot.model_runs VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {:.6f}, now())",
                             entry.run, quote_literal(entry.pipeline), quote_literal(entry.model), entry.rows,
                             entry.inserted, entry.updated, entry.unchanged, entry.deleted, entry.seconds),
                 Code::target_refused);
}

}  // namespace ingot
