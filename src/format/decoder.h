#pragma once

// Includes DuckDB: only for decoders and the scan that drives them.

#include <duckdb.hpp>
#include <memory>
#include <span>
#include <vector>

#include "format/fault_list.h"
#include "format/field_names.h"
#include "format/format.h"

namespace ingot {

/// Where a decoder writes: flat vectors of one chunk.
struct DecodedRows {
  size_t start = 0;  ///< row that the next record goes to: one chunk may hold the records of many small blocks
  uint64_t* offset = nullptr;          ///< of the record's first byte within the unit
  uint64_t* length = nullptr;          ///< in bytes, without what separates records
  uint64_t* line = nullptr;            ///< of the record's first byte
  duckdb::Vector* faults = nullptr;    ///< BLOB, all NULL beforehand; a faulty record's FaultList
  std::vector<duckdb::Vector*> slots;  ///< of `duckdb_type(slot)`, all valid beforehand

  /// Stores the faults of row `row`.
  void set_faults(size_t row, const FaultList& list);
};

/// Decodes blocks into vectors. One a worker; not thread-safe.
class Decoder {
 public:
  virtual ~Decoder() = default;

  /// Begins a block. The previous one has been decoded to its end, or is given up.
  virtual void start(std::shared_ptr<const Block> block) = 0;

  /// Decodes up to `max_rows` further records into rows.start, rows.start + 1, …; returns how many, 0 at the block's
  /// end. Every record is emitted, a faulty one too: with its faults, and NULL in the slots concerned (all slots where
  /// the record cannot be read). All faults of a record are listed, in slot order. Never throws for data.
  virtual size_t decode(size_t max_rows, DecodedRows& rows) = 0;

  /// Adds the names of fields that it has met and that no slot takes.
  virtual void add_ignored(FieldNames& names) const = 0;
  /// Sets, by slot, which had a field anywhere. `seen` has one element a slot.
  virtual void add_seen(std::vector<bool>& seen) const = 0;
};

/// The vector type that holds a contract type: DECIMAL(p,s), VARCHAR for text and json (plain VARCHAR), TIMESTAMP,
/// TIMESTAMP_TZ, UUID, …
duckdb::LogicalType duckdb_type(const Type& type);

/// The vector type of a slot: that of its type, or a LIST of it.
duckdb::LogicalType duckdb_type(const Slot& slot);

/// Makes `vector` keep `block` alive, so that its strings may point into the block's bytes.
void hold_block(duckdb::Vector& vector, std::shared_ptr<const Block> block);

/// Parses `text` exactly as `type` and writes it to row `row` of a flat vector; text and json are written as a
/// pointer to `text` (which must outlive the vector, see hold_block). Text length (max_chars) is checked.
/// Precondition for text and json: valid UTF-8 without NUL. Returns the fault, with the row set to NULL.
Fault store_text(std::string_view text, const Type& type, duckdb::Vector& vector, size_t row);

}  // namespace ingot
