#pragma once

// Includes DuckDB: only for ingot_sieve.

#include <cstdint>
#include <duckdb.hpp>
#include <vector>

#include "engine/pass.h"

namespace ingot {

/// Where the composition's columns stand in the sieve's input.
struct SieveColumns {
  static constexpr size_t kAddressColumns = 5;  ///< __unit, __rec, __offset, __length, __line
  static constexpr size_t kFaults = 5;

  SieveColumns() = default;
  explicit SieveColumns(const Composition& composition);

  size_t where() const { return kFaults + 1; }
  size_t when(size_t index) const { return first_when_ + index; }
  size_t column(size_t table, size_t column) const { return first_of_table_[table] + column; }

 private:
  size_t first_when_ = 0;
  std::vector<size_t> first_of_table_;
};

/// Decides, row by row, what becomes of a chunk's records. One a worker.
class RowJudge {
 public:
  RowJudge(Pass& pass, const SieveColumns& columns);

  /// Judges all rows of `chunk`; those to be passed on are listed in `selection`, in order; returns how many. Counts,
  /// rejects and keys go to the pass.
  size_t judge(duckdb::DataChunk& chunk, duckdb::SelectionVector& selection);

  /// Table of a row of the last chunk that was passed on.
  size_t table_of(size_t row) const { return tables_[row]; }

 private:
  enum class Verdict : uint8_t { pass, filter, reject };

  Verdict judge_row(size_t row);
  Verdict route(size_t row);
  Verdict check_columns(size_t row);
  Verdict check_table(size_t row, size_t t, bool tombstone);
  Verdict reject(size_t row, Fault fault, const std::string& field, std::string detail, uint64_t line_delta = 0,
                 uint32_t column = 0);
  Verdict reject_slot_fault(size_t row, const std::vector<uint16_t>& slots, bool& rejected);
  std::string label_of(const RecordFault& fault) const;
  void add_key(size_t row);
  void count_turned_away(Verdict verdict);
  void flush();

  struct Column {
    duckdb::UnifiedVectorFormat values;
    duckdb::UnifiedVectorFormat wrapper;  ///< of a computed column: the struct
    bool checked = false;                 ///< something has to be looked at row by row
  };

  Pass& pass_;
  const SieveColumns columns_;
  const Composition& composition_;
  const bool routed_;

  duckdb::DataChunk* chunk_ = nullptr;
  std::vector<duckdb::UnifiedVectorFormat> fixed_;
  duckdb::UnifiedVectorFormat where_, where_value_;
  std::vector<duckdb::UnifiedVectorFormat> when_, when_value_;
  std::vector<std::vector<Column>> table_columns_;
  FaultList faults_;  ///< of the current row
  bool has_faults_ = false;
  std::vector<uint16_t> tables_;
  uint16_t table_ = 0;  ///< of the current row; kNoTable while it is not routed

  uint32_t unit_ = 0;
  UnitTally tally_;
  std::vector<DecodeReject> rejects_;
  std::vector<KeyWinners::Entry> keys_;
  std::string key_bytes_;
};

}  // namespace ingot
