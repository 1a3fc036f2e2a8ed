// Runs SQL on a DuckDB file and prints the last result, one JSON array a row: what the tests look into results with.
//
//   duckdb_query [--write] FILE SQL
//
// Numbers and booleans are JSON's, NULL is null, BLOBs are hexadecimal, everything else is DuckDB's text.
#include <cstdio>
#include <cstring>
#include <duckdb.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace {

std::string hexadecimal(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

nlohmann::json to_json(const duckdb::Value& value) {
  if (value.IsNull()) return nullptr;
  switch (value.type().id()) {
    case duckdb::LogicalTypeId::BOOLEAN:
      return value.GetValue<bool>();
    case duckdb::LogicalTypeId::TINYINT:
    case duckdb::LogicalTypeId::SMALLINT:
    case duckdb::LogicalTypeId::INTEGER:
    case duckdb::LogicalTypeId::BIGINT:
      return value.GetValue<int64_t>();
    case duckdb::LogicalTypeId::UINTEGER:
    case duckdb::LogicalTypeId::UBIGINT:
      return value.GetValue<uint64_t>();
    case duckdb::LogicalTypeId::FLOAT:
    case duckdb::LogicalTypeId::DOUBLE:
      return value.GetValue<double>();
    case duckdb::LogicalTypeId::HUGEINT:
      return nlohmann::json::parse(value.ToString());
    case duckdb::LogicalTypeId::BLOB:
      return hexadecimal(duckdb::StringValue::Get(value));
    default:
      return value.ToString();
  }
}

int run(const char* file, const char* sql, bool write) {
  duckdb::DBConfig config;
  config.options.access_mode = write ? duckdb::AccessMode::AUTOMATIC : duckdb::AccessMode::READ_ONLY;
  duckdb::DuckDB database(file, &config);
  duckdb::Connection connection(database);
  auto result = connection.Query(sql);
  if (result->HasError()) {
    std::fprintf(stderr, "%s\n", result->GetError().c_str());
    return 1;
  }
  for (size_t row = 0; row < result->RowCount(); ++row) {
    nlohmann::json line = nlohmann::json::array();
    for (size_t column = 0; column < result->ColumnCount(); ++column)
      line.push_back(to_json(result->GetValue(column, row)));
    std::puts(line.dump().c_str());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool write = argc > 1 && std::strcmp(argv[1], "--write") == 0;
  if (argc != 3 + write) {
    std::fputs("usage: duckdb_query [--write] FILE SQL\n", stderr);
    return 2;
  }
  try {
    return run(argv[1 + write], argv[2 + write], write);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
