#include "embedded/key_passes.h"

#include <fmt/format.h>

#include <algorithm>
#include <duckdb/storage/buffer_manager.hpp>

namespace ingot {

namespace {

// Of DuckDB's limit: 12 million groups of a number took 47 MB beside it, of a short text 95 MB.
constexpr uint64_t kBytesPerRow = 64;

}  // namespace

uint64_t key_passes(duckdb::Connection& connection, uint64_t rows) {
  const uint64_t rows_at_once =
      duckdb::BufferManager::GetBufferManager(*connection.context).GetMaxMemory() / kBytesPerRow;
  return 1 + rows / std::max<uint64_t>(rows_at_once, 1);
}

std::string in_pass(const std::string& key, uint64_t pass, uint64_t passes) {
  return passes == 1 ? "true" : fmt::format("hash({}) % {} = {}", key, passes, pass);
}

}  // namespace ingot
