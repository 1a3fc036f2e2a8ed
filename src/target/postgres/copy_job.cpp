#include "target/postgres/copy_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/copy_function_catalog_entry.hpp>
#include <duckdb/function/copy_function.hpp>
#include <duckdb/parser/parsed_data/create_copy_function_info.hpp>
#include <unordered_map>

#include "embedded/execute.h"
#include "postgres/wire.h"

namespace ingot::postgres {

// The jobs that are under way, by number: a COPY statement can only name one by a literal. Lives in the copy functions.
class CopyJobs : public duckdb::CopyFunctionInfo {
 public:
  uint64_t add(CopyJob* job) {
    std::lock_guard lock(mutex_);
    jobs_[++last_] = job;
    return last_;
  }
  void remove(uint64_t number) {
    std::lock_guard lock(mutex_);
    jobs_.erase(number);
  }
  CopyJob* find(uint64_t number) {
    std::lock_guard lock(mutex_);
    const auto found = jobs_.find(number);
    return found == jobs_.end() ? nullptr : found->second;
  }

 private:
  std::mutex mutex_;
  uint64_t last_ = 0;
  std::unordered_map<uint64_t, CopyJob*> jobs_;
};

namespace {

using namespace duckdb;  // the signatures of copy functions are full of its names

constexpr const char* kParallel = "ingot_postgres";
constexpr const char* kOrdered = "ingot_postgres_ordered";

struct BoundCopy : TableFunctionData {
  CopyJob* job = nullptr;
};
struct LocalCopy : LocalFunctionData {
  explicit LocalCopy(CopyJob& job) : encoder(job.columns(), job.known()) {}
  ChunkEncoder encoder;
};

duckdb::unique_ptr<FunctionData> bind(ClientContext&, CopyFunctionBindInput& input, const duckdb::vector<string>&,
                                      const duckdb::vector<LogicalType>& types) {
  const auto option = input.info.options.find("job");
  if (option == input.info.options.end() || option->second.size() != 1) throw BinderException("ingot_postgres: no job");
  auto bound = make_uniq<BoundCopy>();
  bound->job = static_cast<CopyJobs&>(*input.function_info).find(option->second[0].GetValue<uint64_t>());
  if (!bound->job) throw BinderException("ingot_postgres: unknown job");
  if (bound->job->columns().size() != types.size()) throw BinderException("ingot_postgres: wrong number of columns");
  return bound;
}

CopyFunction make_function(const char* name, copy_to_execution_mode_t mode, duckdb::shared_ptr<CopyJobs> jobs) {
  CopyFunction function(name);
  function.function_info = std::move(jobs);
  function.copy_to_bind = bind;
  function.copy_to_initialize_local = [](ExecutionContext&,
                                         FunctionData& data) -> duckdb::unique_ptr<LocalFunctionData> {
    return make_uniq<LocalCopy>(*data.Cast<BoundCopy>().job);
  };
  function.copy_to_initialize_global = [](ClientContext&, FunctionData&, const string&) {
    return make_uniq<GlobalFunctionData>();
  };
  function.copy_to_sink = [](ExecutionContext&, FunctionData& data, GlobalFunctionData&, LocalFunctionData& local,
                             DataChunk& chunk) {
    if (!data.Cast<BoundCopy>().job->send(local.Cast<LocalCopy>().encoder, chunk)) throw IOException("COPY failed");
  };
  function.copy_to_combine = [](ExecutionContext&, FunctionData& data, GlobalFunctionData&, LocalFunctionData& local) {
    data.Cast<BoundCopy>().job->add_left_out(local.Cast<LocalCopy>().encoder.left_out());
  };
  function.copy_to_finalize = [](ClientContext&, FunctionData&, GlobalFunctionData&) {};
  function.execution_mode = mode;
  return function;
}

void create_functions(ClientContext& context) {
  Catalog& catalog = Catalog::GetSystemCatalog(context);
  auto jobs = duckdb::make_shared_ptr<CopyJobs>();
  for (const bool ordered : {false, true}) {
    CreateCopyFunctionInfo info(make_function(
        ordered ? kOrdered : kParallel,
        ordered ? [](bool, bool) { return CopyFunctionExecutionMode::REGULAR_COPY_TO_FILE; }
                : [](bool, bool) { return CopyFunctionExecutionMode::PARALLEL_COPY_TO_FILE; },
        jobs));
    info.on_conflict = OnCreateConflict::IGNORE_ON_CONFLICT;
    catalog.CreateCopyFunction(context, info);
  }
}

optional_ptr<CopyFunctionCatalogEntry> find_function(ClientContext& context, const char* name) {
  return Catalog::GetSystemCatalog(context).GetEntry<CopyFunctionCatalogEntry>(context, DEFAULT_SCHEMA, name,
                                                                               OnEntryNotFound::RETURN_NULL);
}

duckdb::shared_ptr<CopyJobs> jobs_of(duckdb::Connection& engine, const char* name) {
  duckdb::shared_ptr<CopyJobs> jobs;
  engine.context->RunFunctionInTransaction([&] {
    if (auto entry = find_function(*engine.context, name)) {
      jobs = duckdb::shared_ptr_cast<CopyFunctionInfo, CopyJobs>(entry->function.function_info);
    }
  });
  return jobs;
}

uint64_t rows_of(const LeftOut& left_out) {
  uint64_t rows = 0;
  for (const auto& [unit, count] : left_out) rows += count;
  return rows;
}

// DuckDB's messages may quote values, so only the kind is told.
ingot::Error engine_error(const ErrorData& error) {
  switch (error.Type()) {
    case ExceptionType::OUT_OF_MEMORY:
      return {Code::resource, "the engine ran out of memory", "raise --memory-limit", {}};
    case ExceptionType::INTERRUPT:
      return {Code::interrupted, "interrupted", "", {}};
    default:
      return {Code::internal, "the engine failed: " + Exception::ExceptionTypeToString(error.Type()), "", {}};
  }
}

}  // namespace

void register_copy_functions(duckdb::Connection& engine) {
  engine.context->RunFunctionInTransaction([&] {
    if (!find_function(*engine.context, kParallel)) create_functions(*engine.context);
  });
}

void CopyJob::add_left_out(const LeftOut& left_out) {
  std::lock_guard lock(mutex_);
  for (const auto& [unit, rows] : left_out) left_out_[unit] += rows;
}

bool CopyJob::send(ChunkEncoder& encoder, DataChunk& chunk) {
  return pace_ ? send_paced(encoder, chunk) : send_now(encoder, chunk);
}

// Known rows cost nothing: they are not sent.
bool CopyJob::send_paced(ChunkEncoder& encoder, DataChunk& chunk) {
  for (idx_t at = 0; at < chunk.size();) {
    const idx_t count = std::min<idx_t>(pace_->piece(), chunk.size() - at);
    DataChunk piece;
    piece.InitializeEmpty(chunk.GetTypes());
    piece.Slice(chunk, SelectionVector(at, count), count);
    bool sent = true;
    const bool passed = pace_->pass([&] {
      const uint64_t known = rows_of(encoder.left_out());
      sent = send_now(encoder, piece);
      return count - (rows_of(encoder.left_out()) - known);
    });
    if (!passed) stop({Code::interrupted, "interrupted", "", {}});
    if (!passed || !sent) return false;
    at += count;
  }
  return true;
}

void CopyJob::stop(ingot::Error error) {
  std::lock_guard lock(mutex_);
  failed_ = true;
  if (!error_) error_ = std::move(error);
}

bool CopyJob::send_now(ChunkEncoder& encoder, DataChunk& chunk) {
  if (failed_) return false;
  std::unique_lock lock(mutex_, std::defer_lock);
  const auto send_bytes = [&](std::string_view bytes, bool row_ends) {
    if (!lock.owns_lock()) lock.lock();
    if (!failed_) {
      if (auto status = server_.put_copy(bytes); !status) {
        failed_ = true;
        error_ = std::move(status).error();
      }
    }
    if (row_ends) lock.unlock();
  };
  const bool exact = encoder.encode(chunk, send_bytes);
  if (!exact) {
    inexact_ = true;
    if (!lock.owns_lock()) lock.lock();
    failed_ = true;
    if (!error_) error_ = ingot::Error{Code::target_refused, "a timestamp is finer than its column", "", {}};
  }
  rows_ += chunk.size();
  return !failed_;
}

Status CopyJob::feed(duckdb::Connection& engine, const std::string& select, bool ordered) {
  const char* function = ordered ? kOrdered : kParallel;
  const auto jobs = jobs_of(engine, function);
  if (!jobs) return fail(Code::internal, "the copy functions are not registered");
  const uint64_t number = jobs->add(this);
  const auto result = execute(engine, fmt::format("COPY ({}) TO '/dev/null' (FORMAT {}, USE_TMP_FILE false, JOB {})",
                                                  select, function, number));
  jobs->remove(number);
  if (error_) return fail(*error_);
  if (result->HasError()) return fail(engine_error(result->GetErrorObject()));
  return {};
}

Result<CopyJob::Outcome> CopyJob::run(duckdb::Connection& engine, const std::string& copy_sql,
                                      const std::string& select, bool ordered) {
  INGOT_TRY(server_.start_copy(copy_sql));
  Status status = server_.put_copy(kCopyHeader);
  if (status) status = feed(engine, select, ordered);
  if (status) status = server_.put_copy(kCopyTrailer);
  if (!status) {
    INGOT_TRY(server_.abort_copy());  // the server's reason, where it had one, is the first
    return fail(std::move(status).error());
  }
  INGOT_ASSIGN(const uint64_t taken, server_.end_copy());
  const uint64_t sent = rows_ - rows_of(left_out_);
  return Outcome{sent, taken, std::move(left_out_)};
}

}  // namespace ingot::postgres
