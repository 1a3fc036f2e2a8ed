#include "engine/engine_database.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "core/sql_text.h"
#include "engine/pass_functions.h"
#include "transform/compose.h"

namespace ingot {

namespace {

// DuckDB's limit bounds neither RSS nor everything it allocates (CORRECTNESS 12): it gets half, the rest is for blocks,
// keys, the target's buffers and what DuckDB does not count.
constexpr uint64_t kShareOfDuckDb = 2;
// What it does not count is a constant as well: row groups that are being compressed, a few for each thread.
constexpr uint64_t kBesideDuckDb = 144 << 20;
constexpr uint64_t kLeastDuckDbBytes = 64 << 20;

uint64_t duckdb_bytes(uint64_t memory) {
  const uint64_t rest = memory - std::min(memory, kBesideDuckDb);
  return std::max(std::min(memory / kShareOfDuckDb, rest), kLeastDuckDbBytes);
}

}  // namespace

Result<std::unique_ptr<EngineDatabase>> EngineDatabase::open(const Resources& resources) {
  std::unique_ptr<EngineDatabase> engine;
  try {
    duckdb::DBConfig config;
    config.SetOptionByName("memory_limit", duckdb::Value(fmt::format("{}B", duckdb_bytes(resources.memory_bytes))));
    config.SetOptionByName("temp_directory", duckdb::Value(resources.temp_dir));
    // What is freed goes back to the system soon: a merge of 3 million rows peaked at 258 MB instead of 280, and was no
    // slower.
    config.SetOptionByName("allocator_flush_threshold", duckdb::Value("8MB"));
    config.SetOptionByName("allocator_bulk_deallocation_flush_threshold", duckdb::Value("16MB"));
    config.SetOptionByName("allocator_background_threads", duckdb::Value::BOOLEAN(true));
    const unsigned threads =
        resources.threads > 0 ? resources.threads : std::max(1U, std::thread::hardware_concurrency());
    config.SetOptionByName("threads", duckdb::Value::BIGINT(threads));
    config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
    config.SetOptionByName("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
    engine.reset(new EngineDatabase(std::make_shared<duckdb::DuckDB>(nullptr, &config)));
    INGOT_TRY(engine->connect());
    duckdb::Connection& connection = *engine->work_;
    connection.BeginTransaction();
    register_scan_function(connection);
    register_sieve_function(connection);
    register_routed_function(connection);
    connection.Commit();
    register_functions(connection);
  } catch (const std::exception& exception) {
    return fail(error_of(duckdb::ErrorData(exception), Code::internal));
  }
  return engine;
}

Status EngineDatabase::connect() {
  try {
    load_ = std::make_unique<duckdb::Connection>(*database_);
    work_ = std::make_unique<duckdb::Connection>(*database_);
  } catch (const std::exception& exception) {
    return fail(error_of(duckdb::ErrorData(exception), Code::internal));
  }
  for (duckdb::Connection* connection : {load_.get(), work_.get()}) {
    INGOT_TRY(run_sql(*connection, "SET TimeZone = 'UTC'"));
  }
  return {};
}

Result<std::unique_ptr<EngineDatabase>> EngineDatabase::beside() const {
  std::unique_ptr<EngineDatabase> engine(new EngineDatabase(database_));
  INGOT_TRY(engine->connect());
  return engine;
}

}  // namespace ingot
