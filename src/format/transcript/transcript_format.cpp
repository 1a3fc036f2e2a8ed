#include "format/transcript/transcript_format.h"

#include <cstring>
#include <utility>

#include "format/decoder.h"
#include "format/transcript/known_fields.h"

namespace ingot {

namespace {

/// Of a unit's first block: so many bytes are the line that names the fields.
struct TranscriptHead final : RecordIndex {
  size_t bytes = 0;
};

class TranscriptSplitter final : public Splitter {
 public:
  TranscriptSplitter(std::unique_ptr<Splitter> lines, const std::vector<Slot>& slots)
      : lines_(std::move(lines)), slots_(slots) {}

  Result<Cut> split(std::string_view data, size_t seen, bool last) override {
    if (begun_) return lines_->split(data, seen, last);
    const size_t end = data.find('\n');
    if (end == data.npos) {
      if (!last) return Cut{};
      return fail(Code::internal, "a transcript does not begin with its fields");
    }
    INGOT_TRY(transcript::check_fields(data.substr(0, end), slots_));
    INGOT_ASSIGN(Cut cut, lines_->split(data, seen, last));
    if (cut.bytes == 0) return cut;
    begun_ = true;
    auto head = std::make_unique<TranscriptHead>();
    head->bytes = end + 1;
    cut.index = std::move(head);
    --cut.newlines;  // lines are counted without it
    return cut;
  }

 private:
  std::unique_ptr<Splitter> lines_;
  const std::vector<Slot>& slots_;
  bool begun_ = false;
};

std::shared_ptr<const Block> without_head(const Block& block, size_t head) {
  auto rest = std::make_shared<Block>();
  rest->unit = block.unit;
  rest->number = block.number;
  rest->offset = block.offset + head;
  rest->encoding = block.encoding;
  rest->line = block.line;
  rest->max_records = block.max_records;
  rest->reject = block.reject;
  rest->size = block.size - head;
  rest->bytes.reset(new char[rest->size + kBlockPadding]);
  std::memcpy(rest->bytes.get(), block.bytes.get() + head, rest->size + kBlockPadding);
  rest->layout = block.layout;
  return rest;
}

class TranscriptDecoder final : public Decoder {
 public:
  explicit TranscriptDecoder(std::unique_ptr<Decoder> lines) : lines_(std::move(lines)) {}

  void start(std::shared_ptr<const Block> block) override {
    const auto* head = dynamic_cast<const TranscriptHead*>(block->index.get());
    lines_->start(head == nullptr ? std::move(block) : without_head(*block, head->bytes));
  }
  size_t decode(size_t max_rows, DecodedRows& rows) override { return lines_->decode(max_rows, rows); }
  void add_ignored(FieldNames& names) const override { lines_->add_ignored(names); }
  void add_seen(std::vector<bool>& seen) const override { lines_->add_seen(seen); }

 private:
  std::unique_ptr<Decoder> lines_;
};

class TranscriptFormat final : public Format {
 public:
  TranscriptFormat(JsonOptions options, std::vector<Slot> slots)
      : slots_(slots), lines_(make_json_format(std::move(options), std::move(slots))) {}

  std::unique_ptr<Splitter> make_splitter() const override {
    return std::make_unique<TranscriptSplitter>(lines_->make_splitter(), slots_);
  }
  std::unique_ptr<Splitter> make_splitter_at(std::shared_ptr<const UnitLayout>, uint64_t) const override {
    return nullptr;
  }
  Result<std::unique_ptr<Splitter>> make_record_splitter(const UnitHead& unit) const override {
    return lines_->make_record_splitter(unit);
  }
  Frame record_frame() const override { return lines_->record_frame(); }
  std::unique_ptr<Decoder> make_decoder() const override {
    return std::make_unique<TranscriptDecoder>(lines_->make_decoder());
  }

 private:
  const std::vector<Slot> slots_;
  const std::unique_ptr<Format> lines_;
};

}  // namespace

std::unique_ptr<Format> make_transcript_format(JsonOptions options, std::vector<Slot> slots) {
  return std::make_unique<TranscriptFormat>(std::move(options), std::move(slots));
}

}  // namespace ingot
