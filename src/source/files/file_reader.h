#pragma once

#include <memory>
#include <optional>
#include <span>

#include "source/files/decompression_pool.h"
#include "source/files/stored_input.h"
#include "source/source.h"

namespace ingot {

/// Reads one file, or an archive's member, decompressed. Plain ones go straight into the caller's buffer. Whether its
/// first bytes are text is not asked, but those of an archive are refused: who names an archive's member does not come
/// here for the archive. Workbooks are zip archives: they are read with Content::archive.
class FileReader : public ByteReader {
 public:
  enum class Content : uint8_t { records, archive };

  FileReader(std::unique_ptr<StoredInput> file, std::shared_ptr<DecompressionPool> pool, Expansion expansion,
             Content content = Content::records);
  ~FileReader() override;

  Result<size_t> read(char* out, size_t capacity) override;
  Result<uint64_t> skip(uint64_t count) override;
  Result<bool> plain() override;
  Status check_unchanged() const override { return file_->check_unchanged(); }
  uint64_t stored_bytes() const override { return file_->offset(); }
  std::string content_hash() const override { return file_->hash(); }

 private:
  Result<size_t> read_first(char* out, size_t capacity);
  Status recognise_from_head();
  Status begin(std::span<const char> first_bytes);
  Result<size_t> decompress(char* out, size_t capacity);
  Result<bool> refill();
  Error fault(const StreamFault& fault) const;
  Error truncated() const;
  Error zip_archive() const;
  Status check_first(std::span<const char> bytes) const;

  std::shared_ptr<DecompressionPool> pool_;
  std::unique_ptr<StoredInput> file_;
  const Expansion expansion_;
  const Content content_;
  uint64_t produced_ = 0;                       // decompressed bytes
  std::optional<Decompression> decompression_;  // none: plain
  std::span<const char> input_;                 // stored bytes not yet taken by the decompressor
  bool recognised_ = false;
};

}  // namespace ingot
