#include "engine/feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/record_counter.h"
#include "engine/replay_records.h"
#include "source/text_reader.h"

namespace ingot {

namespace {

constexpr uint64_t kUnitEnd = ~uint64_t{0};

// A part ends with a block: so much of its size it may be longer.
constexpr uint64_t kBlocksOfPart = 8;
constexpr uint64_t kLeastBlockBytes = 128;

}  // namespace

/// A unit on its way through the feed.
struct Feed::Reading {
  Reading(const BatchUnit& planned, std::unique_ptr<ByteReader> opened, Charset encoding, size_t bytes, UnitRead& read)
      : unit(planned),
        reader(std::make_unique<TextReader>(std::move(opened), encoding)),
        block_bytes(bytes),
        result(read) {}

  const BatchUnit& unit;
  std::unique_ptr<TextReader> reader;
  const size_t block_bytes;  // pieces of this size are read
  std::unique_ptr<Splitter> splitter;
  std::vector<BlockQueue::BlockPtr> held;  // blocks not queued yet
  size_t held_bytes = 0;
  bool hold = true;  // until the unit's end, or until it is too large for that
  std::unique_ptr<char[]> buffer;
  size_t capacity = 0;
  size_t size = 0;      // bytes in `buffer`
  size_t seen = 0;      // of them, those the splitter has looked at
  uint64_t offset = 0;  // of buffer[0] within the unit, in its own encoding
  uint64_t line = 1;
  uint64_t end = kUnitEnd;  // reading stops there
  bool last = false;        // `buffer` reaches to `end`
  std::shared_ptr<const UnitLayout> layout;
  uint64_t records = 0;                 // counted only where they are limited
  bool cut_off = false;                 // there are more than the limit allows
  std::optional<ContentHasher> hasher;  // of the bytes before `offset`; where the unit is read in parts
  size_t head_bytes = 0;                // as in UnitRead
  UnitRead& result;

  bool part_is_full() const {
    return unit.part_bytes > 0 && !last && offset - unit.start.byte >= unit.part_bytes && offset < unit.stamp.size;
  }
};

namespace {

std::unique_ptr<char[]> allocate(size_t capacity) {
  return std::unique_ptr<char[]>(new char[capacity + kBlockPadding]);  // not zeroed: it is about to be filled
}

Error changed_before(const BatchUnit& unit) {
  return {Code::source_changed,
          fmt::format("the first {} bytes of a file, which are loaded, have changed: {}", unit.start.byte, unit.name),
          "nothing more of it was loaded; restore the file, or give --replan", Place{unit.name, 0, 0}};
}

Error no_record_behind(const BatchUnit& unit) {
  return {Code::conflict,
          fmt::format("the first {} bytes of a file are loaded, but with the pipeline as it is now no record begins "
                      "behind them: {}",
                      unit.start.byte, unit.name),
          "run the pipeline as it was when they were loaded", Place{unit.name, 0, 0}};
}

}  // namespace

uint64_t bytes_left(const std::vector<BatchUnit>& units) {
  uint64_t bytes = 0;
  for (const BatchUnit& unit : units) bytes += unit.bytes_left();
  return bytes;
}

UnitStart behind(const PartEnd& end, uint32_t part) {
  return {part, end.byte, end.line, end.hash, std::make_shared<ReadSoFar>()};
}

Feed::Feed(Source& source, const Format& format, const std::vector<BatchUnit>& units, BlockQueue& queue,
           Progress& progress, const std::atomic<bool>& cancelled, Options options)
    : source_(source),
      format_(format),
      units_(units),
      queue_(queue),
      progress_(progress),
      cancelled_(cancelled),
      options_(options),
      reads_(units.size()),
      counter_(options.record_limit > 0 ? std::make_unique<RecordCounter>(format, *options.slots) : nullptr),
      thread_([this] { run(); }) {}

Feed::~Feed() {
  queue_.cancel();
  if (thread_.joinable()) thread_.join();
}

const std::vector<Feed::UnitRead>& Feed::finish() {
  if (thread_.joinable()) thread_.join();
  return reads_;
}

void Feed::run() {
  for (size_t i = 0; i < units_.size() && !stopped_; ++i) {
    try {
      options_.replay ? replay_unit(i) : read_unit(i);
    } catch (const std::exception& exception) {  // of memory, mostly: nothing may leave the thread
      reads_[i].error =
          Error{Code::resource, fmt::format("cannot read {}: {}", units_[i].name, exception.what()), {}, {}};
      reads_[i].emitted = true;
      stopped_ = true;
    }
  }
  queue_.finish();
}

void Feed::read_unit(size_t position) {
  const BatchUnit& planned = units_[position];
  UnitRead& result = reads_[position];
  auto reader = source_.open(Unit{planned.name, planned.path, planned.stamp});
  if (!reader) {
    result.error = reader.error();
    return;
  }
  const size_t block_bytes =
      planned.part_bytes > 0
          ? std::min<uint64_t>(options_.block_bytes, std::max(planned.part_bytes / kBlocksOfPart, kLeastBlockBytes))
          : options_.block_bytes;
  Reading reading(planned, std::move(*reader), options_.encoding, block_bytes, result);
  const uint32_t first_number = next_number_;
  Status status = go_to_start(reading);
  if (status) status = read_blocks(reading);
  if (status && reading.cut_off) status = check_unchanged(planned);
  if (!status) {
    Error error = status.error();
    if (!error.where) error.where = Place{planned.name, 0, 0};
    result.error = std::move(error);
    result.emitted = !reading.hold;
    result.given_up = stopped_;
    if (reading.hold) next_number_ = first_number;  // numbers stay dense, whichever units failed
    return;
  }
  if (!reading.cut_off) result.hash = reading.hasher ? reading.hasher->text() : reading.reader->content_hash();
  result.bytes = reading.offset - planned.start.byte;
  result.line = reading.line;
  result.complete = reading.last || reading.cut_off;
  if (!result.complete) {
    result.before_next = std::make_shared<ReadSoFar>(ReadSoFar{std::move(reading.hasher), reading.layout});
  }
  result.encoding = reading.reader->encoding();
  result.head_bytes = reading.head_bytes;
  if (reading.layout) {
    result.delimiter = reading.layout->delimiter;
    result.fields = reading.layout->fields;
  }
  if (!flush(reading)) stopped_ = true;
}

// Queues each reject as a block of its own.
void Feed::replay_unit(size_t position) {
  const BatchUnit& planned = units_[position];
  UnitRead& result = reads_[position];
  const ReplayUnit& unit = options_.replay->unit(planned.unit);
  for (const ReplayRecord& record : unit.records) {
    auto block = options_.replay->block(planned.unit, record, format_);
    if (cancelled_.load(std::memory_order_relaxed)) block = fail(Code::interrupted, "stopped by request");
    if (!block) {
      result.error = std::move(block).error();
      result.emitted = result.bytes > 0;
      return;
    }
    (*block)->number = next_number_++;
    result.bytes += record.size;
    progress_.stored_bytes += record.size;
    if (queue_.push(std::move(*block))) continue;
    stopped_ = true;
    result.error = Error{Code::interrupted, "the batch was given up", {}, {}};
    result.emitted = result.given_up = true;
    return;
  }
  result.hash = unit.hash;
}

// Makes `reading` begin where the unit's part does.
Status Feed::go_to_start(Reading& reading) {
  const UnitStart& start = reading.unit.start;
  if (reading.unit.in_parts()) reading.hasher.emplace();
  reading.splitter = format_.make_splitter();
  if (start.byte == 0) return {};
  if (!start.before->hasher) {
    INGOT_TRY(read_before(reading));
  } else {
    INGOT_ASSIGN(const uint64_t skipped, reading.reader->skip(start.byte));
    if (skipped != start.byte) return fail(changed_before(reading.unit));
  }
  reading.offset = start.byte;
  reading.line = start.line;
  reading.layout = start.before->layout;
  if (reading.layout) reading.head_bytes = reading.layout->head_bytes;  // parts are UTF-8
  reading.hasher.emplace(*start.before->hasher);
  reading.splitter = format_.make_splitter_at(reading.layout, start.line);
  if (!reading.splitter) return fail(no_record_behind(reading.unit));
  return {};
}

// Reads what an earlier process has loaded: it must be what that one read, and a record must begin behind it.
Status Feed::read_before(Reading& reading) {
  const UnitStart& start = reading.unit.start;
  const uint32_t first_number = next_number_;
  reading.end = start.byte;
  char last_byte = 0;
  while (!reading.last) {
    if (cancelled_.load(std::memory_order_relaxed)) return fail(Code::interrupted, "stopped by request");
    INGOT_TRY(fill(reading));
    if (Status status = cut(reading); !status) return reading.layout ? fail(no_record_behind(reading.unit)) : status;
    if (!reading.held.empty()) last_byte = reading.held.back()->view().back();
    reading.held.clear();
  }
  if (reading.offset != start.byte || reading.hasher->text() != start.hash) return fail(changed_before(reading.unit));
  if (last_byte != '\n' || reading.line != start.line) return fail(no_record_behind(reading.unit));
  start.before->layout = reading.layout;
  start.before->hasher.emplace(*reading.hasher);
  next_number_ = first_number;
  reading.held_bytes = 0;
  reading.end = kUnitEnd;
  reading.last = false;
  return {};
}

Status Feed::read_blocks(Reading& reading) {
  while (!reading.last && !reading.cut_off && !reading.part_is_full()) {
    if (cancelled_.load(std::memory_order_relaxed)) return fail(Code::interrupted, "stopped by request");
    INGOT_TRY(fill(reading));
    INGOT_TRY(cut(reading));
    if (reading.hold && reading.held_bytes > options_.whole_unit_bytes) reading.hold = false;
    if (!reading.hold && !flush(reading)) {
      stopped_ = true;
      return fail(Code::interrupted, "the batch was given up");
    }
  }
  if (reading.cut_off) return {};
  if (!reading.last) return reading.reader->check_unchanged();  // what is left belongs to the next part
  if (reading.size > 0) {
    return fail(Code::internal, fmt::format("the splitter left {} bytes of a unit uncut", reading.size));
  }
  return {};
}

// A unit that is read to its end is compared with its stamp there; of another, opening it once more does that.
Status Feed::check_unchanged(const BatchUnit& unit) {
  return source_.open(Unit{unit.name, unit.path, unit.stamp}).map([](const auto&) {});
}

Status Feed::fill(Reading& reading) {
  const uint64_t stored_before = reading.reader->stored_bytes();
  if (!reading.buffer) {
    reading.capacity = reading.block_bytes;
    reading.buffer = scratch_ ? std::move(scratch_) : allocate(reading.capacity);
  } else if (reading.capacity - reading.size < reading.block_bytes / 2) {
    if (reading.size >= options_.max_record_bytes) {
      return fail(
          Code::source_unreadable,
          fmt::format("a record longer than {} bytes, beginning in line {}", options_.max_record_bytes, reading.line),
          "what a record may have follows from --memory-limit, and is 1 GiB at most: raise it");
    }
    const size_t larger = std::min(std::max(reading.size * 2, reading.size + reading.block_bytes),
                                   options_.max_record_bytes + reading.block_bytes);
    auto grown = allocate(larger);
    std::memcpy(grown.get(), reading.buffer.get(), reading.size);
    reading.buffer = std::move(grown);
    reading.capacity = larger;
  }
  // Fills to the brim, so that blocks are the same in every pass, however short the reads.
  reading.seen = reading.size;
  const uint64_t wanted = std::min<uint64_t>(reading.capacity, reading.end - reading.offset);
  while (reading.size < wanted) {
    INGOT_ASSIGN(const size_t got, reading.reader->read(reading.buffer.get() + reading.size, wanted - reading.size));
    if (got == 0) {
      reading.last = true;
      break;
    }
    reading.size += got;
  }
  if (reading.offset + reading.size == reading.end) reading.last = true;
  // Parts are hashed as they are decoded, and cut in UTF-8 only.
  if (reading.unit.in_parts() && reading.reader->encoding() != Charset::utf8)
    return fail(no_record_behind(reading.unit));
  if (reading.end == kUnitEnd) progress_.stored_bytes += reading.reader->stored_bytes() - stored_before;
  return {};
}

Status Feed::cut(Reading& reading) {
  std::memset(reading.buffer.get() + reading.size, 0, kBlockPadding);
  INGOT_ASSIGN(Cut found, reading.splitter->split({reading.buffer.get(), reading.size}, reading.seen, reading.last));
  if (found.layout && !reading.layout) reading.head_bytes = head_bytes(reading, found.layout->head_bytes);
  if (found.layout) reading.layout = found.layout;
  if (found.bytes == 0) {
    if (reading.last) reading.size = 0;
    return {};
  }
  if (!reading.layout && reading.offset == 0) reading.head_bytes = head_bytes(reading, 0);
  const size_t rest = reading.size - found.bytes;
  auto block = std::make_shared<Block>();
  block->unit = reading.unit.unit;
  block->number = next_number_++;
  block->offset = reading.offset;
  block->line = reading.line;
  block->size = found.bytes;
  block->index = std::move(found.index);
  block->layout = reading.layout;
  block->encoding = reading.reader->encoding();
  const uint64_t file_bytes = encoded_size(block->encoding, {reading.buffer.get(), found.bytes});

  if (reading.last && found.bytes * 2 < reading.capacity) {
    // Thousands of small files are in flight at once: a block takes what it needs.
    block->bytes = allocate(found.bytes);
    std::memcpy(block->bytes.get(), reading.buffer.get(), found.bytes + kBlockPadding);
    if (reading.capacity == options_.block_bytes) scratch_ = std::move(reading.buffer);
  } else {
    std::unique_ptr<char[]> next;
    size_t next_capacity = 0;
    if (!reading.last) {
      next_capacity = rest + reading.block_bytes;
      next = allocate(next_capacity);
      std::memcpy(next.get(), reading.buffer.get() + found.bytes, rest);
    }
    block->bytes = std::move(reading.buffer);
    reading.buffer = std::move(next);
    reading.capacity = next_capacity;
  }
  if (reading.hasher) reading.hasher->add(block->bytes.get(), found.bytes);
  reading.size = rest;
  reading.offset += file_bytes;
  reading.line += found.newlines;
  reading.held_bytes += found.bytes;
  if (counter_ && reading.end == kUnitEnd) limit(reading, block);
  reading.held.push_back(std::move(block));
  return {};
}

// Of `buffer`, which holds the unit's beginning, the first `of_text` bytes, as they are in the file. The mark of UTF-16
// is always among them: without it nobody could read a record apart from the unit.
size_t Feed::head_bytes(const Reading& reading, size_t of_text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const std::string_view text(reading.buffer.get(), reading.size);
  const Charset encoding = reading.reader->encoding();
  if (is_utf16(encoding) && text.starts_with(kByteOrderMark)) of_text = std::max(of_text, kByteOrderMark.size());
  return encoded_size(encoding, text.substr(0, of_text));
}

void Feed::limit(Reading& reading, const std::shared_ptr<Block>& block) {
  const uint64_t left = options_.record_limit - reading.records;
  const uint64_t counted = counter_->count(block, left + 1);  // one more tells whether the unit is read whole
  reading.cut_off = counted > left;
  block->max_records = left;
  reading.records += std::min(counted, left);
}

bool Feed::flush(Reading& reading) {
  for (auto& block : reading.held) {
    if (!queue_.push(std::move(block))) return false;
  }
  reading.held.clear();
  return true;
}

}  // namespace ingot
