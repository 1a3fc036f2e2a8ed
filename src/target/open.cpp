#include "target/target.h"

namespace ingot {

Result<std::unique_ptr<Target>> open_target(const Connection& connection, duckdb::Connection& engine,
                                            const TargetOptions& options, bool read_only) {
  switch (connection.kind) {
    case Connection::Kind::postgres:
      return open_postgres_target(connection, engine, options);
    case Connection::Kind::files:
      return open_files_target(connection, engine, options, read_only);
    case Connection::Kind::duckdb:
      break;
  }
  return open_duckdb_target(connection, engine, options, read_only);
}

}  // namespace ingot
