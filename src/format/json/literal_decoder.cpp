#include "format/json/literal_decoder.h"

#include <algorithm>
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
constexpr size_t kWindowBytes = 60 << 10;
// What is larger is handed on as it is; what is smaller is copied, so that vectors hold no more than they need.
constexpr size_t kCopiedBytes = 1 << 20;
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

 private:
  struct Record {
    Line line;
    Verdict verdict;
  };

  bool read_window();
  void append(const Line& line, ValuesIndex& index);
  void make_room(size_t more);
  std::shared_ptr<Block> take_json();
  void set_record(const Record& record, DecodedRows& rows, size_t row);
  FaultList own_fault(const Record& record) const;
  FaultList moved_faults(const Record& record, std::string_view packed);

  LiteralReader reader_;
  std::unique_ptr<Decoder> json_decoder_;
  std::shared_ptr<const Block> block_;
  LineFinder lines_;
  std::vector<Record> records_;  // of the window
  size_t next_ = 0;              // of them
  std::unique_ptr<char[]> json_;
  size_t json_size_ = 0;
  size_t json_capacity_ = 0;
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
  next_ = json_size_ = 0;
  auto index = std::make_unique<ValuesIndex>();
  Line line;
  while (json_size_ < kWindowBytes && lines_.next(line)) append(line, *index);
  if (records_.empty()) return false;
  std::shared_ptr<Block> json = take_json();
  json->index = std::move(index);
  json_decoder_->start(std::move(json));
  return true;
}

// Each record's JSON begins a line: columns count from there.
void LiteralDecoder::append(const Line& line, ValuesIndex& index) {
  make_room(LiteralReader::room_for(line.text));
  char* const out = json_.get() + json_size_;
  const Verdict verdict = reader_.read(line.text, out);
  std::string_view json = reader_.json();
  if (verdict.fault != Fault::none) {
    std::memcpy(out, kNoJson.data(), kNoJson.size());
    json = {out, kNoJson.size()};
  }
  index.records.push_back({static_cast<uint32_t>(json.data() - json_.get()), static_cast<uint32_t>(json.size()), 0});
  json_size_ = static_cast<size_t>(json.data() + json.size() - json_.get());
  json_[json_size_++] = '\n';
  records_.push_back({line, verdict});
}

void LiteralDecoder::make_room(size_t more) {
  if (json_size_ + more <= json_capacity_) return;
  json_capacity_ = json_size_ + more + kWindowBytes;
  std::unique_ptr<char[]> larger(new char[json_capacity_ + kBlockPadding]);  // not zeroed
  if (json_size_ > 0) std::memcpy(larger.get(), json_.get(), json_size_);
  json_ = std::move(larger);
}

std::shared_ptr<Block> LiteralDecoder::take_json() {
  auto block = std::make_shared<Block>();
  block->size = json_size_;
  if (json_size_ > kCopiedBytes) {
    block->bytes = std::move(json_);
    json_capacity_ = 0;
  } else {
    block->bytes.reset(new char[json_size_ + kBlockPadding]);
    std::memcpy(block->bytes.get(), json_.get(), json_size_);
  }
  return block;
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
    const size_t end = fault.slot == RecordFault::kWholeRecord
                           ? text.size()
                           : literal_place(trail_, at + quoted + fault.snippet.size(), text.size());
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
