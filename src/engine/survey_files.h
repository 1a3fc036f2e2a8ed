#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "engine/csv_evidence.h"
#include "engine/feed.h"
#include "format/csv/first_record.h"
#include "infer/survey.h"
#include "source/source.h"
#include "spec/pipeline.h"

namespace ingot {

/// What a survey may use, and how it looks at JSON.
struct SurveyOptions {
  uint64_t memory_bytes = uint64_t{1} << 30;
  unsigned threads = 0;  ///< 0 = one a processor
  int flatten = 0;       ///< JSON: objects within objects are taken apart down to this depth
  bool lenient = false;  ///< a file that cannot be read to its end is looked at as far as it goes
};

/// Reads all files of `from` to their ends, and looks at every value. The answer is the same at any number of threads,
/// but for which columns' uniqueness is given up where they do not fit the memory. Errors: no_input, source_*,
/// resource, interrupted; invalid_pipeline where files have different columns.
Result<infer::Survey> survey_files(const Pipeline::From& from, Source& source, const SurveyOptions& options,
                                   Progress& progress, const std::atomic<bool>& cancelled);

/// Does the same with these files only (none: all), which are read as `from` says: of how CSV is written only delimiter
/// and header are looked for. `evidence`: is filled where it is wanted, and the files are CSV.
Result<infer::Survey> survey_units(const Pipeline::From& from, Source& source, std::vector<BatchUnit> units,
                                   const SurveyOptions& options, Progress& progress, const std::atomic<bool>& cancelled,
                                   CsvEvidence* evidence = nullptr);

/// Lists them. Error no_input.
Result<std::vector<BatchUnit>> list_units(const Pipeline::From& from, Source& source);

/// Reads a CSV file's first record, whatever it is.
Result<csv::FirstRecord> read_first_record_of(const BatchUnit& unit, const Pipeline::From& from, Source& source);

}  // namespace ingot
