#include "format/json/literal_decoder.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "format/json/json_decoder.h"
#include "format/json/line_finder.h"
#include "format/json/literal_reader.h"
#include "format/json/record_index.h"
#include "format/record_faults.h"

namespace ingot::json {

namespace {

using Trail = std::vector<LiteralReader::Waypoint>;

// As much as the JSON decoder scans at once.
constexpr size_t kLiteralWindow = 60 << 10;
// Texts point into the JSON, so a window's memory is free again only when its vectors are. It is kept for the next
// ones: otherwise the heap is given back to the system and taken again all the time, which costs as much as the
// reading.
constexpr size_t kKeptWindows = 64;
constexpr size_t kKeptBytes = 256 << 10;
// Stands for a literal that could not be read: the JSON decoder rejects it too.
constexpr std::string_view kNoJson = "!";

/// Returns where in the literal that which is at `json` came from.
size_t literal_place(const Trail& trail, size_t json, size_t literal_size) {
  const auto next = std::ranges::upper_bound(trail, json, {}, &LiteralReader::Waypoint::json);
  if (next == trail.begin()) return 0;
  const size_t place = next[-1].literal + (json - next[-1].json);
  return std::min(place, next == trail.end() ? literal_size : size_t{next->literal});
}

uint32_t column_of(const Line& line, size_t place) {
  return static_cast<uint32_t>(std::min<uint64_t>(line.column + place, UINT32_MAX));
}

class LiteralDecoder final : public Decoder {
 public:
  LiteralDecoder(const std::vector<Slot>& slots, const JsonOptions& options)
      : reader_(options.max_depth), json_decoder_(make_decoder(slots, options)) {}

  void start(std::shared_ptr<const Block> block) override {
    block_ = std::move(block);
    lines_.start(*block_);
    records_.clear();
    next_ = 0;
  }

  size_t decode(size_t max_rows, DecodedRows& rows) override;
  void add_ignored(FieldNames& names) const override { json_decoder_->add_ignored(names); }
  void add_seen(std::vector<bool>& seen) const override { json_decoder_->add_seen(seen); }

 private:
  struct Record {
    Line line;
    Verdict verdict;
  };
  /// JSON, one record a line.
  struct Window {
    std::shared_ptr<Block> block;
    size_t capacity = 0;
  };

  bool read_window();
  void append(const Line& line, ValuesIndex& index);
  void make_room(size_t more);
  void open_window();
  void set_record(const Record& record, DecodedRows& rows, size_t row);
  FaultList own_fault(const Record& record) const;
  FaultList moved_faults(const Record& record, std::string_view packed);

  LiteralReader reader_;
  std::unique_ptr<Decoder> json_decoder_;
  std::shared_ptr<const Block> block_;
  LineFinder lines_;
  std::vector<Record> records_;  // of the window
  size_t next_ = 0;              // of them
  Window json_;                  // the present one
  std::vector<Window> kept_;
  Trail trail_;
};

size_t LiteralDecoder::decode(size_t max_rows, DecodedRows& rows) {
  size_t done = 0;
  while (done < max_rows && (next_ < records_.size() || read_window())) {
    DecodedRows part = rows;
    part.start = rows.start + done;
    const size_t count = json_decoder_->decode(max_rows - done, part);
    for (size_t i = 0; i < count; ++i) set_record(records_[next_ + i], rows, part.start + i);
    next_ += count;
    done += count;
  }
  return done;
}

bool LiteralDecoder::read_window() {
  records_.clear();
  next_ = 0;
  open_window();
  auto index = std::make_unique<ValuesIndex>();
  Line line;
  while (json_.block->size < kLiteralWindow && lines_.next(line)) append(line, *index);
  json_.block->index = std::move(index);
  if (records_.empty()) return false;
  json_decoder_->start(json_.block);
  return true;
}

// Takes one that nobody looks into any more, or a new one.
void LiteralDecoder::open_window() {
  if (json_.block && json_.capacity <= kKeptBytes && kept_.size() < kKeptWindows) kept_.push_back(std::move(json_));
  json_ = {};
  const auto idle = std::ranges::find_if(kept_, [](const Window& window) { return window.block.use_count() == 1; });
  if (idle == kept_.end()) {
    json_.block = std::make_shared<Block>();
    return;
  }
  std::atomic_thread_fence(std::memory_order_acquire);  // what others read there, they have read
  json_ = std::move(*idle);
  kept_.erase(idle);
  json_.block->size = 0;
}

// Each record's JSON begins a line: columns count from there.
void LiteralDecoder::append(const Line& line, ValuesIndex& index) {
  make_room(LiteralReader::room_for(line.text));
  char* const begin = json_.block->bytes.get();
  char* const out = begin + json_.block->size;
  const Verdict verdict = reader_.read(line.text, out);
  std::string_view json = reader_.json();
  if (verdict.fault != Fault::none) {
    std::memcpy(out, kNoJson.data(), kNoJson.size());
    json = {out, kNoJson.size()};
  }
  index.records.push_back({static_cast<uint32_t>(json.data() - begin), static_cast<uint32_t>(json.size()), 0});
  size_t end = static_cast<size_t>(json.data() + json.size() - begin);
  begin[end++] = '\n';
  json_.block->size = end;
  records_.push_back({line, verdict});
}

void LiteralDecoder::make_room(size_t more) {
  Block& block = *json_.block;
  if (block.size + more <= json_.capacity) return;
  json_.capacity = block.size + more + kLiteralWindow;
  std::unique_ptr<char[]> larger(new char[json_.capacity + kBlockPadding]);  // not zeroed
  if (block.size > 0) std::memcpy(larger.get(), block.bytes.get(), block.size);
  block.bytes = std::move(larger);
}

void LiteralDecoder::set_record(const Record& record, DecodedRows& rows, size_t row) {
  rows.offset[row] = block_->offset + static_cast<uint64_t>(record.line.text.data() - block_->bytes.get());
  rows.length[row] = record.line.text.size();
  rows.line[row] = record.line.number;
  if (!duckdb::FlatVector::Validity(*rows.faults).RowIsValid(row)) return;
  const duckdb::string_t packed = duckdb::FlatVector::GetData<duckdb::string_t>(*rows.faults)[row];
  rows.set_faults(row, record.verdict.fault != Fault::none
                           ? own_fault(record)
                           : moved_faults(record, {packed.GetData(), packed.GetSize()}));
}

FaultList LiteralDecoder::own_fault(const Record& record) const {
  const std::string_view text = record.line.text;
  const auto place = static_cast<size_t>(record.verdict.place - text.data());
  RecordFault fault;
  fault.fault = record.verdict.fault;
  fault.column = column_of(record.line, place);
  fault.snippet = snippet(text.substr(place, RecordFault::kMaxSnippet + 4));
  return {{std::move(fault)}};
}

// From the JSON's places to the literal's. The literal is read once more: faults are few.
FaultList LiteralDecoder::moved_faults(const Record& record, std::string_view packed) {
  const std::string_view text = record.line.text;
  trail_.clear();
  const std::unique_ptr<char[]> json(new char[LiteralReader::room_for(text)]);
  reader_.read(text, json.get(), &trail_);
  FaultList list = FaultList::unpack(packed);
  for (RecordFault& fault : list.faults) {
    const size_t at = fault.column - 1;
    const size_t place = literal_place(trail_, at, text.size());
    // A value's text is without its quotes.
    const bool quoted = fault.slot != RecordFault::kWholeRecord && json[at] == '"';
    const size_t begin = quoted ? literal_place(trail_, at + 1, text.size()) : place;
    const bool to_its_end = fault.slot == RecordFault::kWholeRecord && fault.fault != Fault::unknown_field;
    const size_t end =
        to_its_end ? text.size() : literal_place(trail_, at + quoted + fault.snippet.size(), text.size());
    fault.column = column_of(record.line, place);
    fault.snippet = snippet(text.substr(begin, std::min(end - begin, RecordFault::kMaxSnippet + 4)));
  }
  return list;
}

}  // namespace

std::unique_ptr<Decoder> make_literal_decoder(const std::vector<Slot>& slots, const JsonOptions& options) {
  return std::make_unique<LiteralDecoder>(slots, options);
}

}  // namespace ingot::json
