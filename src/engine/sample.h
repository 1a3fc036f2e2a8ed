#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine_database.h"
#include "engine/find_contract.h"
#include "ledger/ledger.h"
#include "spec/pipeline.h"

namespace ingot {

struct SampleOptions {
  Resources resources;
  size_t rows = 10;           ///< shown
  size_t rejects = 10;        ///< shown
  uint64_t record_limit = 0;  ///< so many records of each file are read; 0 = all
  int flatten = 0;
};

/// A reject, and what its record looks like.
struct SampleReject {
  std::string unit;
  uint64_t line = 0;
  uint32_t column = 0;  ///< of the offending place in its line, in bytes from 1; 0 = unknown
  std::string field;
  std::string code;
  std::string detail;  ///< the offending text
  std::string text;    ///< the offending line of the record, or its beginning
};

/// What a pipeline makes of its files, without any target.
struct Sample {
  struct Row {
    size_t table = 0;
    std::vector<std::optional<std::string>> values;
  };
  Pipeline pipeline;                      ///< with its columns
  std::optional<FoundContract> contract;  ///< where they were inferred
  uint64_t read = 0;
  uint64_t placed = 0;  ///< in a table; what repeated keys and the target would make of them is not known
  uint64_t filtered = 0;
  uint64_t rejected = 0;
  size_t units = 0;
  std::vector<Row> rows;  ///< the first that were placed
  std::vector<SampleReject> rejects;
};

/// Decodes all files of a pipeline by its contract, as a run would, and keeps the first rows and rejects. Writes
/// nothing, and opens no target. All mistakes of the pipeline are returned, else one error.
tl::expected<Sample, std::vector<Error>> take_sample(Pipeline pipeline, const SampleOptions& options,
                                                     const std::atomic<bool>& cancelled);

}  // namespace ingot
