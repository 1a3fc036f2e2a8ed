// Runs one SQL statement on a DuckDB file and closes it: DuckDB's own way, with the library that Ingot uses.
//
//   duckdb_baseline FILE THREADS SQL
//
// Everything but the number of threads is DuckDB's default. Closing writes the checkpoint, so that the time of the
// process includes a complete database file.
#include <cstdio>
#include <duckdb.hpp>
#include <exception>
#include <string>

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: duckdb_baseline FILE THREADS SQL\n", stderr);
    return 2;
  }
  try {
    duckdb::DBConfig config;
    config.SetOptionByName("threads", duckdb::Value::BIGINT(std::stoll(argv[2])));
    duckdb::DuckDB database(argv[1], &config);
    duckdb::Connection connection(database);
    const auto result = connection.Query(argv[3]);
    if (!result->HasError()) return 0;
    std::fprintf(stderr, "%s\n", result->GetError().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  return 1;
}
