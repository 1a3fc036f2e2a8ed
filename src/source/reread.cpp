#include "source/reread.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace ingot {

namespace {

// Reads until `out` is full.
Status read_fully(ByteReader& reader, char* out, size_t size, const Unit& unit) {
  while (size > 0) {
    INGOT_ASSIGN(const size_t got, reader.read(out, size));
    if (got == 0)
      return fail(Code::source_changed, fmt::format("file is shorter than when it was read: \"{}\"", unit.name));
    out += got;
    size -= got;
  }
  return {};
}

// The end of the last range's bytes; what a following one may share with it.
struct Tail {
  uint64_t end = 0;  // the reader's position
  std::string_view bytes;
};

Result<std::string> read_range(ByteReader& reader, uint64_t offset, size_t size, Tail& tail, const Unit& unit) {
  std::string out;
  if (offset > tail.end) {
    INGOT_ASSIGN(const uint64_t skipped, reader.skip(offset - tail.end));
    tail.end += skipped;
    tail.bytes = {};
  }
  const uint64_t begin = tail.end - tail.bytes.size();
  if (offset < tail.end) out = tail.bytes.substr(std::min<uint64_t>(offset - begin, tail.bytes.size()), size);
  const size_t shared = out.size();
  out.resize(size);
  INGOT_TRY(read_fully(reader, out.data() + shared, size - shared, unit));
  tail.end += size - shared;
  return out;
}

}  // namespace

Result<std::vector<std::string>> reread(Source& source, const Unit& unit, std::span<const ByteRange> ranges,
                                        size_t max_bytes_each) {
  std::vector<std::string> found;
  found.reserve(ranges.size());
  INGOT_ASSIGN(const auto reader, source.open(unit));
  Tail tail;
  for (const ByteRange& range : ranges) {
    const auto size = static_cast<size_t>(std::min<uint64_t>(range.length, max_bytes_each));
    INGOT_ASSIGN(std::string text, read_range(*reader, range.offset, size, tail, unit));
    found.push_back(std::move(text));
    // The longest reaching text so far is kept for ranges that overlap it.
    if (range.offset + size == tail.end) tail.bytes = found.back();
  }
  // Opening compares with the stamp once more: what was read meanwhile is what was listed.
  INGOT_TRY(source.open(unit));
  return found;
}

Result<std::string> hash_unit(Source& source, const Unit& unit) {
  // What was copied from standard input is read through the source: it has no path.
  std::error_code none;
  if (unit.path != "-" && std::filesystem::is_regular_file(unit.path, none)) return hash_file(unit.path);
  INGOT_ASSIGN(const auto reader, source.open(unit));
  constexpr size_t kPieceBytes = 1 << 20;
  const auto buffer = std::make_unique_for_overwrite<char[]>(kPieceBytes);
  while (true) {
    INGOT_ASSIGN(const size_t size, reader->read(buffer.get(), kPieceBytes));
    if (size == 0) return reader->content_hash();
  }
}

Result<Unit> find_unchanged(Source& source, const std::vector<Unit>& listed, const std::string& name,
                            const Stamp& stamp, const std::string& hash) {
  const auto found = std::find_if(listed.begin(), listed.end(), [&](const Unit& unit) { return unit.name == name; });
  if (found == listed.end()) return fail(Code::source_changed, fmt::format("{} is gone", name));
  if (found->stamp == stamp) return *found;
  INGOT_ASSIGN(const std::string now, hash_unit(source, *found));
  if (now != hash) return fail(Code::source_changed, fmt::format("{} is not what it was", name));
  return *found;
}

}  // namespace ingot
