#pragma once

namespace duckdb {
class Connection;
}

namespace ingot {

/// Add ingot_scan and ingot_sieve to a database; within a transaction of `connection`.
void register_scan_function(duckdb::Connection& connection);
void register_sieve_function(duckdb::Connection& connection);

}  // namespace ingot
