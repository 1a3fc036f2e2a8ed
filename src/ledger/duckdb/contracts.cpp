#include <fmt/format.h>

#include "core/clock.h"
#include "core/sql_text.h"
#include "embedded/sql.h"
#include "ledger/duckdb/store.h"

namespace ingot {

Result<std::optional<std::string>> DuckDbLedger::kept_contract(const LedgerKey& key) {
  INGOT_ASSIGN(const int64_t tables,
               query_number(connection_,
                            "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND "
                            "schema_name = 'ingot' AND table_name = 'contracts'"));
  if (tables == 0) return std::optional<std::string>();
  INGOT_ASSIGN(const auto rows,
               query_sql(connection_, fmt::format("SELECT contract FROM ingot.contracts WHERE pipeline = {} AND target "
                                                  "= {} ORDER BY plan DESC LIMIT 1",
                                                  quote_literal(key.pipeline), quote_literal(key.target))));
  if (rows->RowCount() == 0) return std::optional<std::string>();
  return std::optional<std::string>(rows->GetValue(0, 0).ToString());
}

// Within the transaction that stores the plan. A ledger that an earlier Ingot made has no such table yet.
Status DuckDbLedger::keep_contract(const LedgerKey& key, const StoredPlan& plan) {
  INGOT_TRY(run_sql(connection_, duckdb_contracts_ddl(), Code::target_refused));
  return run_sql(connection_,
                 fmt::format("INSERT INTO ingot.contracts VALUES ({}, {}, {}, {}, make_timestamptz({}))",
                             quote_literal(key.pipeline), quote_literal(key.target), plan.plan,
                             quote_literal(plan.contract), now_micros()),
                 Code::target_refused);
}

const char* duckdb_contracts_ddl() {
  return "CREATE TABLE IF NOT EXISTS ingot.contracts (pipeline VARCHAR NOT NULL, target VARCHAR NOT NULL, plan BIGINT "
         "NOT NULL, contract VARCHAR NOT NULL, created_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (pipeline, target, plan))";
}

}  // namespace ingot
