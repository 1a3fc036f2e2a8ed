#include "source/files/file_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/names.h"
#include "source/files/expansion.h"
#include "source/files/magic.h"

namespace ingot {

FileReader::FileReader(std::unique_ptr<StoredInput> file, std::shared_ptr<DecompressionPool> pool, Expansion expansion,
                       Content content)
    : pool_(std::move(pool)), file_(std::move(file)), expansion_(expansion), content_(content) {}

FileReader::~FileReader() {
  if (decompression_) pool_->give(std::move(*decompression_));
}

Result<size_t> FileReader::read(char* out, size_t capacity) {
  if (capacity == 0) return fail(Code::internal, "read() into an empty buffer");
  if (recognised_) return decompression_ ? decompress(out, capacity) : file_->read(out, capacity);
  if (capacity >= kMagicBytes) return read_first(out, capacity);
  INGOT_TRY(recognise_from_head());
  return read(out, capacity);
}

// Reads a first piece straight into the caller's buffer; should it turn out to be compressed, it moves over.
Result<size_t> FileReader::read_first(char* out, size_t capacity) {
  INGOT_ASSIGN(const size_t count, file_->read(out, std::min(capacity, kInputBytes)));
  INGOT_TRY(begin({out, count}));
  if (!decompression_) {
    INGOT_TRY(check_first({out, count}));
    return count;
  }
  std::memcpy(decompression_->input.get(), out, count);
  input_ = {decompression_->input.get(), count};
  return decompress(out, capacity);
}

Status FileReader::recognise_from_head() {
  std::array<char, kMagicBytes> head;
  INGOT_ASSIGN(const size_t count, file_->peek(head.data(), head.size()));
  return begin({head.data(), count});
}

Status FileReader::begin(std::span<const char> first_bytes) {
  INGOT_ASSIGN(const Compression kind, recognise(first_bytes, file_->path()));
  if (content_ == Content::records && begins_zip(first_bytes)) return fail(zip_archive());
  if (kind != Compression::none) decompression_ = pool_->take(kind);
  recognised_ = true;
  return {};
}

Result<size_t> FileReader::decompress(char* out, size_t capacity) {
  size_t filled = 0;
  while (filled < capacity) {
    const auto progress = decompression_->engine->advance(input_, {out + filled, capacity - filled});
    if (!progress) return fail(fault(progress.error()));
    input_ = input_.subspan(progress->consumed);
    filled += progress->produced;
    if (!input_.empty() && progress->consumed == 0 && progress->produced == 0) return fail(fault({"no progress"}));
    if (filled == capacity || !input_.empty()) continue;
    INGOT_ASSIGN(const bool more, refill());
    if (more) continue;
    if (!decompression_->engine->complete()) return fail(truncated());
    break;
  }
  if (produced_ == 0) INGOT_TRY(check_first({out, filled}));
  produced_ += filled;
  INGOT_TRY(check_expansion(expansion_, file_->offset() - input_.size(), produced_, file_->path()));
  return filled;
}

Error FileReader::zip_archive() const {
  const std::string name = folded_name(file_->path());
  const bool workbook = name.ends_with(".xlsx") || name.ends_with(".xlsm");
  return {Code::source_unreadable, fmt::format("file is a zip archive: \"{}\"", file_->path()),
          workbook ? "it seems to be a workbook: say format: xlsx"
                   : "say which of its members are meant: from: \"ARCHIVE!/MEMBER\", or \"ARCHIVE!/*\"",
          std::nullopt};
}

// A tar that is read as text yields rows that are none.
Status FileReader::check_first(std::span<const char> bytes) const {
  if (content_ == Content::archive || !begins_tar(bytes)) return {};
  return fail(Code::source_unreadable, fmt::format("file is a tar archive: \"{}\"", file_->path()),
              "say which of its members are meant: from: \"ARCHIVE!/MEMBER\", or \"ARCHIVE!/*\"");
}

// Returns whether there is more stored input.
Result<bool> FileReader::refill() {
  if (file_->at_end()) return false;
  INGOT_ASSIGN(const size_t count, file_->read(decompression_->input.get(), kInputBytes));
  input_ = {decompression_->input.get(), count};
  return count > 0;
}

// A file that is still being written looks damaged or truncated; the change is the better explanation.
Error FileReader::fault(const StreamFault& fault) const {
  if (auto unchanged = file_->check_unchanged(); !unchanged) return unchanged.error();
  return {Code::source_unreadable,
          fmt::format("damaged {} stream, {}, near stored byte {}: \"{}\"", name_of(decompression_->kind), fault.what,
                      file_->offset() - input_.size(), file_->path()),
          std::string(fault.hint), std::nullopt};
}

Error FileReader::truncated() const {
  return {Code::source_unreadable,
          fmt::format("truncated {} stream after {} bytes: \"{}\"", name_of(decompression_->kind), file_->offset(),
                      file_->path()),
          {},
          std::nullopt};
}

Result<bool> FileReader::plain() {
  if (!recognised_) INGOT_TRY(recognise_from_head());
  return !decompression_ && file_->skips();
}

Result<uint64_t> FileReader::skip(uint64_t count) {
  INGOT_ASSIGN(const bool stored_as_read, plain());
  if (!stored_as_read) return ByteReader::skip(count);
  const uint64_t left = file_->size() - std::min(file_->size(), file_->offset());
  const uint64_t skipped = std::min(count, left);
  file_->skip(skipped);
  return skipped;
}

}  // namespace ingot
