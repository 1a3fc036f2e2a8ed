#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "source/source.h"
#include "types/encoding.h"

namespace ingot {

/// Reads a unit's text as UTF-8, whatever its encoding. UTF-8 passes through as it is, unchecked.
class TextReader final : public ByteReader {
 public:
  TextReader(std::unique_ptr<ByteReader> bytes, Charset given) : bytes_(std::move(bytes)), encoding_(given) {}

  /// Fills `out` with UTF-8. The first `capacity` is at least kEncodingHeadBytes. Errors: as of the bytes, and as
  /// resolve_encoding(); source_unreadable where UTF-16 ends within a unit of two bytes.
  Result<size_t> read(char* out, size_t capacity) override;
  /// Skips bytes, as they are in the file; only before the first read(), which then begins in the middle of the file:
  /// there the encoding is what was given, UTF-8 where that is left to the file's beginning.
  Result<uint64_t> skip(uint64_t count) override;
  Result<bool> plain() override { return bytes_->plain(); }
  Status check_unchanged() const override { return bytes_->check_unchanged(); }
  uint64_t stored_bytes() const override { return bytes_->stored_bytes(); }
  std::string content_hash() const override { return bytes_->content_hash(); }

  /// The file's encoding; known once read() has been called.
  Charset encoding() const { return encoding_; }

 private:
  Result<size_t> read_first(char* out, size_t capacity);
  Result<size_t> transcode(char* out, size_t capacity);
  Result<size_t> next(char* out, size_t capacity);
  size_t take_spare(char* out, size_t capacity);
  Status refill();

  std::unique_ptr<ByteReader> bytes_;
  Charset encoding_;
  bool known_ = false;
  std::unique_ptr<char[]> buffer_;  // bytes not transcoded yet, where the encoding is not UTF-8
  size_t begin_ = 0;
  size_t end_ = 0;
  bool last_ = false;
  char spare_[Transcoder::kMaxMade];  // made where the caller had room for less
  size_t spare_begin_ = 0;
  size_t spare_end_ = 0;
};

/// Returns the encoding of a unit that has been opened, and nothing of which has been read. Errors: as
/// ByteReader::read() and resolve_encoding().
Result<Charset> read_encoding(ByteReader& bytes, Charset given);

/// Turns a piece of a file into UTF-8. Error: source_unreadable where UTF-16 ends within a unit of two bytes.
Result<std::string> to_utf8(std::string_view bytes, Charset encoding);

}  // namespace ingot
