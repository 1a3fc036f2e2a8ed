#include "transcript/avro_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "transcript/avro_codec.h"
#include "transcript/avro_schema.h"
#include "transcript/avro_values.h"
#include "transcript/transcript_reader.h"

namespace ingot {

namespace {

constexpr std::string_view kAvroMagic("Obj\x01", 4);
constexpr size_t kSyncBytes = 16;
constexpr size_t kAvroReadBytes = 64 << 10;
// Writers make blocks of 16 KiB to some MiB; one is held whole, compressed and decompressed.
constexpr uint64_t kMostBlockBytes = 256 << 20;
constexpr uint64_t kMostHeaderBytes = 16 << 20;
constexpr size_t kLinesBytes = 256 << 10;  // written at a time, about

Error named_avro(Error error, const Unit& unit) {
  if (error.code == Code::source_unreadable && !error.message.starts_with("cannot read Avro file"))
    error.message = fmt::format("cannot read Avro file, {}: \"{}\"", error.message, unit.name);
  if (!error.where) error.where = Place{unit.name, 0, 0};
  return error;
}

tl::unexpected<Error> bad_avro(std::string_view what) { return fail(Code::source_unreadable, std::string(what)); }

/// Takes bytes off a file.
class AvroInput {
 public:
  explicit AvroInput(ByteReader& reader) : reader_(reader) {}

  /// Returns the next `size` bytes, which stay until the next call.
  Result<std::string_view> take(uint64_t size) {
    INGOT_ASSIGN(const bool all, fill(size));
    if (!all) return bad_avro("it is truncated");
    const std::string_view taken = std::string_view(buffer_).substr(used_, size);
    used_ += size;
    return taken;
  }

  Result<int64_t> take_long() {
    for (size_t size = 1; size <= 10; ++size) {
      INGOT_ASSIGN(const bool all, fill(size));
      if (!all) return bad_avro("it is truncated");
      if ((static_cast<unsigned char>(buffer_[used_ + size - 1]) & 0x80) != 0) continue;
      AvroValues values(std::string_view(buffer_).substr(used_, size));
      used_ += size;
      return values.take_long();
    }
    return bad_avro("a number is too long");
  }

  Result<bool> at_end() {
    INGOT_ASSIGN(const bool more, fill(1));
    return !more;
  }

 private:
  // Returns whether there are so many bytes.
  Result<bool> fill(uint64_t size) {
    if (buffer_.size() - used_ >= size) return true;
    buffer_.erase(0, used_);
    used_ = 0;
    while (buffer_.size() < size) {
      const size_t had = buffer_.size();
      const size_t wanted = std::max<uint64_t>(std::min<uint64_t>(size - had, 4 << 20), kAvroReadBytes);
      buffer_.resize(had + wanted);
      INGOT_ASSIGN(const size_t got, reader_.read(buffer_.data() + had, wanted));
      buffer_.resize(had + got);
      if (got == 0) return false;
    }
    return true;
  }

  ByteReader& reader_;
  std::string buffer_;
  size_t used_ = 0;
};

/// What stands before the blocks.
struct AvroHeader {
  AvroSchema schema;
  AvroCodec codec = AvroCodec::null;
  std::string sync;
};

Result<std::string> take_header_text(AvroInput& input) {
  INGOT_ASSIGN(const int64_t size, input.take_long());
  if (size < 0 || static_cast<uint64_t>(size) > kMostHeaderBytes) return bad_avro("its header is damaged");
  INGOT_ASSIGN(const std::string_view text, input.take(static_cast<uint64_t>(size)));
  return std::string(text);
}

Result<AvroHeader> read_avro_header(AvroInput& input) {
  auto magic = input.take(kAvroMagic.size());
  if (!magic || *magic != kAvroMagic) {
    if (!magic && magic.error().code != Code::source_unreadable) return fail(magic.error());
    return bad_avro("it is none");
  }
  std::string schema, codec;
  while (true) {
    INGOT_ASSIGN(int64_t count, input.take_long());
    if (count == 0) break;
    if (count < 0) INGOT_TRY(input.take_long());
    count = count < 0 ? -std::max<int64_t>(count, -1'000'000) : count;
    for (; count > 0; --count) {
      INGOT_ASSIGN(const std::string key, take_header_text(input));
      INGOT_ASSIGN(std::string value, take_header_text(input));
      if (key == "avro.schema")
        schema = std::move(value);
      else if (key == "avro.codec")
        codec = std::move(value);
    }
  }
  AvroHeader header;
  const auto known = avro_codec(codec);
  if (!known) return bad_avro(fmt::format("its codec is not supported: {}", codec));
  header.codec = *known;
  INGOT_ASSIGN(const std::string_view sync, input.take(kSyncBytes));
  header.sync = sync;
  INGOT_ASSIGN(header.schema, AvroSchema::parse(schema));
  return header;
}

class AvroReader final : public TranscriptReader {
 public:
  AvroReader(std::unique_ptr<ByteReader> bytes, Unit unit)
      : bytes_(std::move(bytes)), unit_(std::move(unit)), input_(*bytes_) {}

  Status begin() {
    auto header = read_avro_header(input_);
    if (!header) return fail(named_avro(std::move(header).error(), unit_));
    header_.emplace(std::move(*header));
    return {};
  }

  Status check_unchanged() const override { return bytes_->check_unchanged(); }
  uint64_t stored_bytes() const override { return bytes_->stored_bytes(); }
  std::string content_hash() const override { return bytes_->content_hash(); }

 protected:
  Result<bool> write_more(std::string& out) override {
    if (!named_) {
      named_ = true;
      out = header_->schema.fields() + "\n";
      return true;
    }
    auto more = records_left_ > 0 ? Result<bool>(true) : next_block();
    if (more && *more) more = write_records(out);
    if (!more) return fail(named_avro(std::move(more).error(), unit_));
    return *more;
  }

 private:
  Result<bool> next_block() {
    INGOT_ASSIGN(const bool end, input_.at_end());
    if (end) return false;
    INGOT_ASSIGN(const int64_t count, input_.take_long());
    INGOT_ASSIGN(const int64_t size, input_.take_long());
    if (count < 0 || size < 0) return bad_avro(fmt::format("a block behind record {} is damaged", records_));
    if (static_cast<uint64_t>(size) > kMostBlockBytes)
      return bad_avro(fmt::format("a block of more than {} MiB behind record {}", kMostBlockBytes >> 20, records_));
    INGOT_ASSIGN(const std::string_view stored, input_.take(static_cast<uint64_t>(size)));
    INGOT_ASSIGN(block_, decompress_avro(header_->codec, stored, kMostBlockBytes));
    INGOT_ASSIGN(const std::string_view sync, input_.take(kSyncBytes));
    if (sync != header_->sync)
      return bad_avro(fmt::format("the mark behind record {} is wrong", records_ + static_cast<uint64_t>(count)));
    values_ = AvroValues(block_);
    records_left_ = static_cast<uint64_t>(count);
    if (records_left_ == 0) INGOT_TRY(check_block_end());
    return true;
  }

  Result<bool> write_records(std::string& out) {
    while (records_left_ > 0 && out.size() < kLinesBytes) {
      if (Status written = values_.append(out, header_->schema.record()); !written) {
        Error error = std::move(written).error();
        error.message = fmt::format("record {}: {}", records_ + 1, error.message);
        return fail(std::move(error));
      }
      out += '\n';
      ++records_;
      if (--records_left_ == 0) INGOT_TRY(check_block_end());
    }
    return true;
  }

  Status check_block_end() const {
    if (values_.left() == 0) return {};
    return bad_avro(fmt::format("a block has more bytes than records, behind record {}", records_));
  }

  std::unique_ptr<ByteReader> bytes_;
  const Unit unit_;
  AvroInput input_;
  std::optional<AvroHeader> header_;
  std::string block_;
  AvroValues values_{{}};
  uint64_t records_left_ = 0;  // of the block
  uint64_t records_ = 0;
  bool named_ = false;
};

}  // namespace

Result<std::unique_ptr<ByteReader>> open_avro(std::unique_ptr<ByteReader> bytes, const Unit& unit) {
  auto reader = std::make_unique<AvroReader>(std::move(bytes), unit);
  INGOT_TRY(reader->begin());
  return reader;
}

Result<std::vector<FileColumn>> avro_columns(ByteReader& bytes, const Unit& unit) {
  AvroInput input(bytes);
  auto header = read_avro_header(input);
  if (!header) return fail(named_avro(std::move(header).error(), unit));
  return header->schema.columns();
}

}  // namespace ingot
