#pragma once

#include <memory>
#include <string>
#include <vector>

#include "source/source.h"
#include "transcript/transcript_source.h"

namespace ingot {

/// Reads Parquet files by an engine of its own: its workers must not wait for those that wait for what is read.
/// Thread-safe.
class ParquetFiles {
 public:
  explicit ParquetFiles(std::string temp_dir);
  ~ParquetFiles();

  /// Opens a file's transcript. A column of a type that no JSON value stands for, or that DuckDB does not read exactly,
  /// is refused where it is taken (transcript::check_fields). Errors: source_unreadable (no Parquet file, or a damaged
  /// one), source_changed, resource.
  Result<std::unique_ptr<ByteReader>> open(Source& files, const Unit& unit);

  /// Returns the columns that a file's schema has. Errors: as above.
  Result<std::vector<FileColumn>> columns(Source& files, const Unit& unit);

 private:
  struct Engine;
  std::unique_ptr<Engine> engine_;
  const std::string temp_dir_;
};

}  // namespace ingot
