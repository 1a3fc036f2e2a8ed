#include "embedded/sql.h"

#include "embedded/execute.h"

namespace ingot {

namespace {

// Cuts what begins behind `before` and ends at the last `end`.
void cut(std::string& text, std::string_view before, char end) {
  const size_t found = text.find(before);
  if (found == std::string::npos) return;
  const size_t begin = found + before.size();
  const size_t last = text.rfind(end);
  if (last > begin && last != std::string::npos) text.replace(begin, last - begin, "…");
}

// DuckDB prints the values that it refuses; a row's content belongs into no log.
std::string without_values(const duckdb::ErrorData& error) {
  using duckdb::ExceptionType;
  std::string text = error.RawMessage();
  switch (error.Type()) {
    case ExceptionType::CONSTRAINT:
      cut(text, "key \"", '"');
      cut(text, " (Error: ", ')');
      return text;
    case ExceptionType::CONVERSION:
    case ExceptionType::INVALID_INPUT:
    case ExceptionType::OUT_OF_RANGE:
      return "the engine refused a value: " + duckdb::Exception::ExceptionTypeToString(error.Type());
    default:
      return text;
  }
}

}  // namespace

Error error_of(const duckdb::ErrorData& error, Code code) {
  using duckdb::ExceptionType;
  // An exception of any type: a COMMIT wraps what stopped it.
  if (error.RawMessage().find("No space left") != std::string::npos) {
    return {Code::resource, error.RawMessage(), "make room on that disk, then run again", {}};
  }
  switch (error.Type()) {
    case ExceptionType::OUT_OF_MEMORY:
      return {Code::resource,
              "out of memory: " + error.RawMessage(),
              "raise --memory-limit, or give a larger --temp-dir",
              {}};
    case ExceptionType::INTERRUPT:
      return {Code::interrupted, "stopped by request", {}, {}};
    default:
      break;
  }
  if (error.RawMessage().find("Out of Memory") != std::string::npos) {
    return {Code::resource,
            "out of memory: " + error.RawMessage(),
            "raise --memory-limit, or give a larger --temp-dir",
            {}};
  }
  return {code, without_values(error), {}, {}};
}

Status run_sql(duckdb::Connection& connection, const std::string& sql, Code code) {
  auto result = query_sql(connection, sql, code);
  if (!result) return fail(result.error());
  return {};
}

namespace {

Result<duckdb::unique_ptr<duckdb::MaterializedQueryResult>> query(duckdb::Connection& connection,
                                                                  const std::string& sql, Code code,
                                                                  duckdb::QueryParameters parameters) {
  try {
    auto result = execute(connection, sql, parameters);
    if (result->HasError()) return fail(error_of(result->GetErrorObject(), code));
    return result;
  } catch (const std::exception& exception) {
    return fail(error_of(duckdb::ErrorData(exception), code));
  }
}

}  // namespace

Result<duckdb::unique_ptr<duckdb::MaterializedQueryResult>> query_sql(duckdb::Connection& connection,
                                                                      const std::string& sql, Code code) {
  return query(connection, sql, code, {});
}

Result<duckdb::unique_ptr<duckdb::MaterializedQueryResult>> query_to_spill(duckdb::Connection& connection,
                                                                           const std::string& sql) {
  duckdb::QueryParameters parameters;
  parameters.memory_type = duckdb::QueryResultMemoryType::BUFFER_MANAGED;
  return query(connection, sql, Code::internal, parameters);
}

Result<int64_t> query_number(duckdb::Connection& connection, const std::string& sql, Code code) {
  INGOT_ASSIGN(const auto rows, query_sql(connection, sql, code));
  if (rows->RowCount() != 1) return fail(Code::internal, "a query that must yield one row did not");
  return rows->GetValue(0, 0).GetValue<int64_t>();
}

}  // namespace ingot
