#pragma once

// Includes DuckDB.

#include <cstdint>
#include <duckdb.hpp>
#include <string>

namespace ingot {

/// Grouping by key takes memory for each group that DuckDB does not count (CORRECTNESS 12): many rows are grouped in
/// passes, each over the keys whose hash falls to it. Returns how many passes `rows` rows take.
uint64_t key_passes(duckdb::Connection& connection, uint64_t rows);

/// The condition under which a key (`"a", "b"`) falls to `pass` of `passes`.
std::string in_pass(const std::string& key, uint64_t pass, uint64_t passes);

}  // namespace ingot
