#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/source.h"
#include "spec/pipeline.h"

namespace ingot {

/// A column of a file that says of itself what it holds.
struct FileColumn {
  std::string name;
  std::optional<Type> type;  ///< that takes each of its values as it is; none where no type of the contract does
};

class ParquetFiles;

/// Files that are no text, told as text (see TranscriptReader): what is above reads lines of JSON, whose addresses and
/// bytes are the transcript's. A unit's name, stamp and hash stay the file's own. Thread-safe.
class TranscriptSource final : public Source {
 public:
  TranscriptSource(std::unique_ptr<Source> files, const Pipeline::From& from, std::string temp_dir);
  ~TranscriptSource() override;

  Result<std::vector<Unit>> list() override { return files_->list(); }
  Result<std::unique_ptr<ByteReader>> open(const Unit& unit) override;
  void expect(const std::vector<Unit>& units) override { files_->expect(units); }
  std::vector<std::string> missing() const override { return files_->missing(); }
  std::string reached_by() const override { return files_->reached_by(); }
  void interrupt() override { files_->interrupt(); }

  /// Returns the columns of a file; none where its format does not say. Errors: as open().
  Result<std::vector<FileColumn>> columns(const Unit& unit);

 private:
  Result<std::unique_ptr<ByteReader>> transcribe(const Unit& unit);

  const std::unique_ptr<Source> files_;
  const Pipeline::From from_;
  const std::string temp_dir_;
  std::unique_ptr<ParquetFiles> parquet_;
};

}  // namespace ingot
