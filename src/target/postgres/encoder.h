#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <vector>

namespace duckdb {
class DataChunk;
}

namespace ingot::postgres {

class RowHashes;

/// How a value goes over the wire: the binary forms that Ingot writes.
enum class Wire : uint8_t {
  boolean,
  int2,
  int4,
  int8,
  float4,
  float8,
  numeric,
  text,
  jsonb,
  bytes,
  date,
  timestamp,
  time,
  interval,
  uuid,
  array,
};

/// Do its values have lengths of their own, however long?
constexpr bool is_long(Wire wire) {
  return wire == Wire::text || wire == Wire::jsonb || wire == Wire::bytes || wire == Wire::array;
}

/// One column of a COPY.
struct WireColumn {
  Wire wire = Wire::text;
  /// For timestamps and times: every value must be a multiple of it (1000 where the column is timestamp(3)).
  int64_t micros_unit = 1;
  Wire element = Wire::text;  ///< of an array
  uint32_t element_oid = 0;
};

/// Takes encoded bytes; `row_ends`: a row ends with them (else the next piece belongs to the same row).
using RowSink = std::function<void(std::string_view bytes, bool row_ends)>;

/// Rows that need not be sent, because the table holds them just so.
struct KnownRows {
  const RowHashes* hashes = nullptr;  ///< none: all rows are sent
  bool unit_last = false;             ///< the last column is the row's unit (int8), not one of the table's
};

/// Rows that were left out, by unit (0 where the rows do not tell it).
using LeftOut = std::map<uint32_t, uint64_t>;

/// Encodes chunks into rows of binary COPY. One for each thread.
class ChunkEncoder {
 public:
  explicit ChunkEncoder(const std::vector<WireColumn>& columns, KnownRows known = {})
      : columns_(columns), known_(known), scratch_(columns.size()) {}

  /// Encodes the whole chunk and calls `sink` with pieces of it, in order; a large value is passed on where it lies.
  /// False: a value does not fit its column exactly (a timestamp finer than the column's). Throws nothing of its own.
  bool encode(duckdb::DataChunk& chunk, const RowSink& sink);

  /// Known rows of all chunks so far. A row too large to be put together is always sent.
  const LeftOut& left_out() const { return left_out_; }

 private:
  size_t leave_out_known(size_t from, size_t to, size_t total);

  const std::vector<WireColumn>& columns_;
  const KnownRows known_;
  LeftOut left_out_;
  std::vector<std::vector<char>> scratch_;  // encoded numerics
  std::vector<size_t> sizes_;               // of each row
  std::vector<char*> cursors_;              // where each row's next column goes
  std::vector<char> buffer_;
};

}  // namespace ingot::postgres
