#include "transcript/transcript_source.h"

#include <functional>
#include <utility>

#include "transcript/avro_file.h"
#include "transcript/parquet_files.h"
#include "transcript/xlsx_file.h"

namespace ingot {

namespace {

using MakeReader = std::function<Result<std::unique_ptr<ByteReader>>()>;

/// Begins to work when the first byte is asked for: some open a unit only to see that it is what it was.
class ReaderInWaiting final : public ByteReader {
 public:
  ReaderInWaiting(std::unique_ptr<ByteReader> opened, MakeReader make)
      : reader_(std::move(opened)), make_(std::move(make)) {}

  Result<size_t> read(char* out, size_t capacity) override {
    if (auto make = std::exchange(make_, nullptr)) {
      INGOT_ASSIGN(reader_, make());
    }
    return reader_->read(out, capacity);
  }
  Result<bool> plain() override { return false; }
  Status check_unchanged() const override { return reader_->check_unchanged(); }
  uint64_t stored_bytes() const override { return reader_->stored_bytes(); }
  std::string content_hash() const override { return reader_->content_hash(); }

 private:
  std::unique_ptr<ByteReader> reader_;  // of the file, then of its transcript
  MakeReader make_;
};

}  // namespace

TranscriptSource::TranscriptSource(std::unique_ptr<Source> files, const Pipeline::From& from, std::string temp_dir)
    : files_(std::move(files)),
      from_(from),
      temp_dir_(std::move(temp_dir)),
      parquet_(std::make_unique<ParquetFiles>(temp_dir_)) {}

TranscriptSource::~TranscriptSource() = default;

Result<std::unique_ptr<ByteReader>> TranscriptSource::open(const Unit& unit) {
  INGOT_ASSIGN(auto opened, files_->open(unit));
  return std::make_unique<ReaderInWaiting>(std::move(opened), [this, unit]() { return transcribe(unit); });
}

Result<std::unique_ptr<ByteReader>> TranscriptSource::transcribe(const Unit& unit) {
  if (from_.format == FormatKind::parquet) return parquet_->open(*files_, unit);
  if (from_.format == FormatKind::xlsx) return open_xlsx(*files_, unit, from_, temp_dir_);
  INGOT_ASSIGN(auto bytes, files_->open(unit));
  return open_avro(std::move(bytes), unit);
}

Result<std::vector<FileColumn>> TranscriptSource::columns(const Unit& unit) {
  if (from_.format == FormatKind::parquet) return parquet_->columns(*files_, unit);
  if (from_.format != FormatKind::avro) return std::vector<FileColumn>();
  INGOT_ASSIGN(const auto bytes, files_->open(unit));
  return avro_columns(*bytes, unit);
}

}  // namespace ingot
