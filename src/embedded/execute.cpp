#include "embedded/execute.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace ingot {

namespace {

using duckdb::MaterializedQueryResult;
using duckdb::PendingExecutionResult;
using duckdb::PendingQueryResult;

// Whoever waits longer is told later: the last pause is what a long query may end late.
constexpr std::chrono::microseconds kFirstPause{20};
constexpr std::chrono::microseconds kLongestPause{500};

duckdb::unique_ptr<MaterializedQueryResult> finish(PendingQueryResult& pending) {
  auto pause = kFirstPause;
  while (true) {
    const PendingExecutionResult state = pending.ExecuteTask();
    if (PendingQueryResult::IsResultReady(state)) break;
    if (state == PendingExecutionResult::RESULT_NOT_READY) {
      pause = kFirstPause;
      continue;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
  if (pending.HasError()) return duckdb::make_uniq<MaterializedQueryResult>(pending.GetErrorObject());
  return duckdb::unique_ptr_cast<duckdb::QueryResult, MaterializedQueryResult>(pending.Execute());
}

}  // namespace

duckdb::unique_ptr<MaterializedQueryResult> execute(duckdb::Connection& connection, const std::string& sql,
                                                    duckdb::QueryParameters parameters) {
  auto statements = connection.ExtractStatements(sql);
  duckdb::unique_ptr<MaterializedQueryResult> result;
  for (auto& statement : statements) {
    const auto pending = connection.PendingQuery(std::move(statement), parameters);
    if (pending->HasError()) return duckdb::make_uniq<MaterializedQueryResult>(pending->GetErrorObject());
    result = finish(*pending);
    if (result->HasError()) break;
  }
  if (!result) return duckdb::make_uniq<MaterializedQueryResult>(duckdb::ErrorData("no statement to run"));
  return result;
}

}  // namespace ingot
