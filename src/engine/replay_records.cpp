#include "engine/replay_records.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "source/content_hasher.h"
#include "source/files/file_error.h"
#include "source/text_reader.h"

namespace ingot {

namespace {

constexpr size_t kReadBytes = 256 << 10;

Error temporary_file_error(const char* what, int number) {
  Error error = file_error(what, "a temporary file", number);
  error.code = Code::resource;
  return error;
}

void add_number(ContentHasher& hasher, uint64_t number) {
  hasher.add(reinterpret_cast<const char*>(&number), sizeof number);
}

void add_text(ContentHasher& hasher, const std::string& text) {
  add_number(hasher, text.size());
  hasher.add(text.data(), text.size());
}

}  // namespace

Result<std::unique_ptr<ReplayRecords>> ReplayRecords::make(const std::string& temp_dir) {
  INGOT_ASSIGN(FileDescriptor file, make_unlinked_file(temp_dir));
  return std::unique_ptr<ReplayRecords>(new ReplayRecords(std::move(file)));
}

Result<uint64_t> ReplayRecords::store(std::string_view bytes) {
  const uint64_t position = end_;
  INGOT_TRY(write_fully(file_.get(), bytes.data(), bytes.size(), "for rejects"));
  end_ += bytes.size();
  return position;
}

void ReplayRecords::add(size_t unit, const ReplayRecord& record) {
  units_[unit].bytes += record.size;
  units_[unit].records.push_back(record);
}

Status ReplayRecords::read(uint64_t position, char* out, size_t size) const {
  while (size > 0) {
    const ssize_t got = ::pread(file_.get(), out, size, static_cast<off_t>(position));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(temporary_file_error("cannot read", got < 0 ? errno : EIO));
    out += got;
    position += static_cast<uint64_t>(got);
    size -= static_cast<size_t>(got);
  }
  return {};
}

Status ReplayRecords::finish() {
  std::string piece(kReadBytes, '\0');
  for (ReplayUnit& unit : units_) {
    ContentHasher hasher;
    add_number(hasher, unit.of.plan);
    add_number(hasher, unit.of.unit);
    add_text(hasher, unit.of.head);
    add_text(hasher, unit.of.delimiter);
    for (const ReplayRecord& record : unit.records) {
      for (const uint64_t number : {record.reject, record.offset, record.line, record.size, uint64_t{record.mended}})
        add_number(hasher, number);
      for (uint64_t at = 0; at < record.size; at += piece.size()) {
        const size_t size = std::min<uint64_t>(piece.size(), record.size - at);
        INGOT_TRY(read(record.position + at, piece.data(), size));
        hasher.add(piece.data(), size);
      }
    }
    unit.hash = hasher.text();
  }
  return {};
}

void ReplayRecords::place(const std::vector<std::pair<uint32_t, size_t>>& places) {
  places_.clear();
  places_.insert(places.begin(), places.end());
}

const ReplayRecord* ReplayRecords::find(uint32_t number, uint64_t offset) const {
  const auto& records = unit(number).records;
  const auto found = std::lower_bound(records.begin(), records.end(), offset,
                                      [](const ReplayRecord& record, uint64_t at) { return record.offset < at; });
  return found != records.end() && found->offset == offset ? &*found : nullptr;
}

Result<std::string> ReplayRecords::bytes(const ReplayRecord& record, size_t max_bytes) const {
  std::string out(std::min<uint64_t>(record.size, max_bytes), '\0');
  INGOT_TRY(read(record.position, out.data(), out.size()));
  return out;
}

Result<std::shared_ptr<Block>> ReplayRecords::block(uint32_t number, const ReplayRecord& record,
                                                    const Format& format) const {
  const RejectedUnit& of = unit(number).of;
  const Charset encoding = unit(number).encoding;
  const auto wrong = [&](Error error) {
    error.message = fmt::format("reject {}: {}", record.reject, error.message);
    error.where = Place{of.name, 0, 0};
    return fail(std::move(error));
  };
  auto head = to_utf8(of.head, encoding);
  if (!head) return wrong(std::move(head).error());
  std::string text(record.size, '\0');
  INGOT_TRY(read(record.position, text.data(), text.size()));
  if (encoding != Charset::utf8) {
    auto made = to_utf8(text, encoding);
    if (!made) return wrong(std::move(made).error());
    text = std::move(*made);
  }
  auto splitter = format.make_record_splitter({*head, of.delimiter.empty() ? '\0' : of.delimiter[0], of.fields});
  if (!splitter) return wrong(std::move(splitter).error());
  const Format::Frame frame = format.record_frame();
  auto block = std::make_shared<Block>();
  block->unit = number;
  block->reject = record.reject;
  block->encoding = encoding;
  // Wraps round at the beginning, and back when it is added to.
  block->offset = record.offset - encoded_size(encoding, frame.before);
  block->line = record.line;
  block->size = frame.before.size() + text.size() + frame.after.size();
  block->bytes = std::unique_ptr<char[]>(new char[block->size + kBlockPadding]);
  char* at = std::copy(frame.before.begin(), frame.before.end(), block->bytes.get());
  at = std::copy(text.begin(), text.end(), at);
  std::string().swap(text);
  at = std::copy(frame.after.begin(), frame.after.end(), at);
  std::memset(at, 0, kBlockPadding);
  auto cut = (*splitter)->split(block->view(), 0, true);
  if (!cut) return wrong(std::move(cut).error());
  block->index = std::move(cut->index);
  block->layout = std::move(cut->layout);
  return block;
}

}  // namespace ingot
