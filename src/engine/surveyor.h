#pragma once

// Includes DuckDB.

#include <duckdb.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/block_queue.h"
#include "engine/csv_evidence.h"
#include "format/decoder.h"
#include "format/format.h"
#include "infer/json_fields.h"
#include "infer/observed_column.h"
#include "infer/survey.h"

namespace ingot {

/// How the fields of one unit stand for the survey's columns.
struct UnitColumns {
  std::vector<uint32_t> column_of;  ///< by field
  uint64_t head_bytes = 0;          ///< records that begin before are no data, or not yet known to be
};

/// What all threads of a survey share.
struct SurveyShared {
  const Format& format;
  size_t slots;                           ///< of the format: all texts, or the record's own text
  bool json;                              ///< the one slot is a record to be taken apart
  const std::vector<UnitColumns>* units;  ///< CSV
  int flatten;
  infer::UniqueValues& unique;
  infer::FieldNumbers& numbers;
  size_t tracked_units = 0;      ///< CSV: whose ends are looked at
  bool quotes_are_text = false;  ///< CSV: `"`
};

/// One thread of a survey: decodes blocks and keeps what it sees.
class Surveyor {
 public:
  Surveyor(const SurveyShared& shared, size_t columns);

  /// Takes blocks until there are none.
  void run(BlockQueue& queue);
  void merge(const Surveyor& other);

  uint64_t records() const { return records_; }
  uint64_t unreadable() const { return unreadable_; }
  const infer::Address& first_unreadable() const { return first_unreadable_; }
  Fault first_fault() const { return first_fault_; }
  infer::ColumnProfile& column(size_t number) { return columns_[number].profile; }
  const infer::JsonFields& fields() const { return fields_; }
  const CsvEvidence& evidence() const { return evidence_; }

 private:
  void survey(const std::shared_ptr<const Block>& block);
  void look_at(const Block& block, size_t row, uint64_t record, uint64_t line);
  bool is_faulty(size_t row, const infer::Address& at);
  void note_odd(const Block& block, std::string_view text, const infer::Address& at);
  std::string_view text_of(const Block& block, size_t row) const;

  const SurveyShared& shared_;
  std::unique_ptr<Decoder> decoder_;
  duckdb::DataChunk chunk_;
  std::vector<infer::ObservedColumn> columns_;
  infer::JsonFields fields_;
  uint64_t records_ = 0;
  uint64_t unreadable_ = 0;
  infer::Address first_unreadable_;
  Fault first_fault_ = Fault::none;
  Fault fault_ = Fault::none;  // of the record at hand
  CsvEvidence evidence_;
};

}  // namespace ingot
