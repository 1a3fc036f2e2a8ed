#include "engine/engine_database.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "core/sql_text.h"
#include "engine/pass_functions.h"
#include "transform/compose.h"

namespace ingot {

namespace {

// DuckDB's limit bounds neither RSS nor everything it allocates (CORRECTNESS 12): it gets half, the rest is for blocks,
// keys, the target's buffers and what DuckDB does not count.
constexpr uint64_t kShareOfDuckDb = 2;
constexpr uint64_t kLeastDuckDbBytes = 64 << 20;

}  // namespace

Result<std::unique_ptr<EngineDatabase>> EngineDatabase::open(const Resources& resources) {
  std::unique_ptr<EngineDatabase> engine(new EngineDatabase());
  try {
    duckdb::DBConfig config;
    config.SetOptionByName("memory_limit",
                           duckdb::Value(fmt::format("{}B", std::max(resources.memory_bytes / kShareOfDuckDb, kLeastDuckDbBytes))));
    config.SetOptionByName("temp_directory", duckdb::Value(resources.temp_dir));
    const unsigned threads = resources.threads > 0 ? resources.threads : std::max(1U, std::thread::hardware_concurrency());
    config.SetOptionByName("threads", duckdb::Value::BIGINT(threads));
    config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
    config.SetOptionByName("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
    engine->database_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);
    engine->load_ = std::make_unique<duckdb::Connection>(*engine->database_);
    engine->work_ = std::make_unique<duckdb::Connection>(*engine->database_);
    duckdb::Connection& connection = *engine->work_;
    connection.BeginTransaction();
    register_scan_function(connection);
    register_sieve_function(connection);
    connection.Commit();
    register_functions(connection);
  } catch (const std::exception& exception) {
    return fail(error_of(duckdb::ErrorData(exception), Code::internal));
  }
  for (duckdb::Connection* connection : {engine->load_.get(), engine->work_.get()}) {
    INGOT_TRY(run_sql(*connection, "SET TimeZone = 'UTC'"));
  }
  return engine;
}

Error error_of(const duckdb::ErrorData& error, Code code) {
  using duckdb::ExceptionType;
  switch (error.Type()) {
    case ExceptionType::OUT_OF_MEMORY:
      return {Code::resource, "out of memory: " + error.RawMessage(), "raise --memory-limit, or give a larger --temp-dir", {}};
    case ExceptionType::INTERRUPT: return {Code::interrupted, "stopped by request", {}, {}};
    case ExceptionType::IO: {
      const bool full = error.RawMessage().find("No space left") != std::string::npos;
      if (full) return {Code::resource, error.RawMessage(), {}, {}};
      break;
    }
    default: break;
  }
  return {code, error.RawMessage(), {}, {}};
}

Status run_sql(duckdb::Connection& connection, const std::string& sql, Code code) {
  auto result = query_sql(connection, sql, code);
  if (!result) return fail(result.error());
  return {};
}

Result<duckdb::unique_ptr<duckdb::MaterializedQueryResult>> query_sql(duckdb::Connection& connection,
                                                                      const std::string& sql, Code code) {
  try {
    auto result = connection.Query(sql);
    if (result->HasError()) return fail(error_of(result->GetErrorObject(), code));
    return result;
  } catch (const std::exception& exception) {
    return fail(error_of(duckdb::ErrorData(exception), code));
  }
}

}  // namespace ingot
