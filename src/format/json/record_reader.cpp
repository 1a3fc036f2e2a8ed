#include "format/json/record_reader.h"

#include <algorithm>
#include <cstring>

#include "format/json/damage.h"

namespace ingot::json {

namespace {

// A window and its index stay in the second-level cache while its records are read. Much smaller ones cost calls, much
// larger ones misses.
constexpr size_t kWindowBytes = 64 << 10;

}  // namespace

RecordReader::RecordReader(const std::vector<Slot>& slots, const JsonOptions& options)
    : tree_(slots), walker_(tree_, options.max_depth, options.drift) {}

void RecordReader::start(const Block& block) {
  block_ = &block;
  index_ = dynamic_cast<const ValuesIndex*>(block.index.get());
  next_record_ = 0;
  window_end_ = block.bytes.get();
  if (index_ == nullptr) lines_.start(block);
}

bool RecordReader::next(ReadRecord& record, Span* spans, ElementSpans* lists) {
  if (!find_record(record)) return false;
  const char* const begin = record.text.data();
  if (begin >= window_end_) open_window(begin);
  if (window_good_ && walker_.seek(begin)) {
    record.verdict = walker_.walk(begin + record.text.size(), spans, lists);
  } else {
    record.verdict = read_alone(record.text, spans, lists);
  }
  return true;
}

bool RecordReader::find_record(ReadRecord& record) {
  if (index_ == nullptr) {
    Line line;
    if (!lines_.next(line)) return false;
    record.text = line.text;
    record.line = line.number;
    return true;
  }
  if (next_record_ == index_->records.size()) return false;
  const RecordPlace& place = index_->records[next_record_++];
  record.text = block_->view().substr(place.begin, place.size);
  record.line = block_->line + place.line_delta;
  return true;
}

void RecordReader::open_window(const char* record) {
  window_end_ = window_end(record);
  const std::string_view text(record, static_cast<size_t>(window_end_ - record));
  window_good_ = structure_.scan(text);
  if (window_good_) walker_.start(text, structure_.positions());
}

const char* RecordReader::window_end(const char* record) const {
  const char* const block_end = block_->bytes.get() + block_->size;
  if (static_cast<size_t>(block_end - record) <= kWindowBytes) return block_end;
  if (index_ == nullptr) {
    const char* const from = record + kWindowBytes;
    const void* newline = std::memchr(from, '\n', static_cast<size_t>(block_end - from));
    return newline == nullptr ? block_end : static_cast<const char*>(newline) + 1;
  }
  // Up to the record that begins behind the window.
  const auto& records = index_->records;
  const size_t limit = static_cast<size_t>(record - block_->bytes.get()) + kWindowBytes;
  const auto behind = std::partition_point(records.begin() + static_cast<ptrdiff_t>(next_record_), records.end(),
                                           [&](const RecordPlace& place) { return place.begin < limit; });
  const RecordPlace& last = behind[-1];
  return block_->bytes.get() + last.begin + last.size;
}

Verdict RecordReader::read_alone(std::string_view record, Span* spans, ElementSpans* lists) {
  // The window's index is overwritten.
  window_good_ = false;
  if (!structure_.scan(record)) return diagnose(record);
  walker_.start(record, structure_.positions());
  // The text begins with the record's first token.
  walker_.seek(record.data());
  return walker_.walk(record.data() + record.size(), spans, lists);
}

uint64_t RecordReader::column_of(const char* place) const {
  const char* const begin = block_->bytes.get();
  const void* newline = memrchr(begin, '\n', static_cast<size_t>(place - begin));
  const char* const line = newline == nullptr ? begin : static_cast<const char*>(newline) + 1;
  const uint64_t before = encoded_size(block_->encoding, {line, static_cast<size_t>(place - line)});
  return (newline != nullptr || index_ == nullptr ? 1 : index_->column) + before;
}

}  // namespace ingot::json
