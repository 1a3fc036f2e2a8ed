// Decodes the benchmark's NDJSON (INGOT_BENCH_DATA, made by bench/gen.py) from memory; one thread. Bytes per second are
// those of the JSON text.

#include <benchmark/benchmark.h>
#include <zlib.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "format/decoder.h"
#include "format/format.h"

namespace ingot {
namespace {

constexpr size_t kPiece = 1 << 20;
constexpr size_t kMaxBytes = 400'000'000;

std::string read_gzip(const std::string& path) {
  std::string text(kMaxBytes, '\0');
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return {};
  size_t size = 0;
  while (size < text.size()) {
    const int got =
        gzread(file, text.data() + size, static_cast<unsigned>(std::min<size_t>(1 << 24, text.size() - size)));
    if (got <= 0) break;
    size += static_cast<size_t>(got);
  }
  gzclose(file);
  text.resize(size);
  return text;
}

const std::string& reviews() {
  static const std::string text = [] {
    const char* folder = std::getenv("INGOT_BENCH_DATA");
    return read_gzip(std::string(folder == nullptr ? "/tmp/benchdata/data" : folder) + "/reviews.json.gz");
  }();
  return text;
}

/// The same records, as the elements of one array.
const std::string& reviews_array() {
  static const std::string text = [] {
    std::string array = "[" + reviews();
    for (size_t at = array.find('\n'); at != array.npos && at + 1 < array.size(); at = array.find('\n', at + 1)) {
      array[at] = ',';
    }
    array.back() = ']';
    return array;
  }();
  return text;
}

Slot slot(std::string path, std::string type) { return {{*parse_path(path)}, *parse_type(type), false, path}; }

std::vector<Slot> review_slots() {
  return {slot("reviewerID", "text"),          slot("asin", "text"),          slot("reviewerName", "text"),
          slot("helpful[0]", "integer"),       slot("helpful[1]", "integer"), slot("reviewText", "text"),
          slot("overall", "double precision"), slot("summary", "text"),       slot("unixReviewTime", "bigint"),
          slot("reviewTime", "text")};
}

std::vector<std::shared_ptr<const Block>> cut(Splitter& splitter, const std::string& text) {
  std::vector<std::shared_ptr<const Block>> blocks;
  uint64_t offset = 0, line = 1;
  size_t wanted = kPiece;
  while (offset < text.size()) {
    const size_t size = std::min(wanted, text.size() - offset);
    const bool last = offset + size == text.size();
    auto block = std::make_shared<Block>();
    block->bytes = std::make_unique<char[]>(size + kBlockPadding);
    std::memcpy(block->bytes.get(), text.data() + offset, size);
    auto found = splitter.split({block->bytes.get(), size}, 0, last);
    if (!found) std::abort();
    if (found->bytes == 0 && !last) std::abort();
    block->offset = offset;
    block->line = line;
    block->size = found->bytes;
    block->index = std::move(found->index);
    offset += found->bytes;
    line += found->newlines;
    blocks.push_back(std::move(block));
  }
  return blocks;
}

/// Vectors for one chunk, as the scan has them.
struct Chunk {
  explicit Chunk(const std::vector<Slot>& slots) : faults(duckdb::LogicalType::BLOB) {
    for (const Slot& slot : slots) types.push_back(duckdb_type(slot));
    chunk.Initialize(duckdb::Allocator::DefaultAllocator(), types);
    address.resize(3 * STANDARD_VECTOR_SIZE);
  }
  DecodedRows rows() {
    chunk.Reset();
    duckdb::FlatVector::Validity(faults).SetAllInvalid(STANDARD_VECTOR_SIZE);
    DecodedRows rows;
    rows.offset = address.data();
    rows.length = address.data() + STANDARD_VECTOR_SIZE;
    rows.line = address.data() + 2 * STANDARD_VECTOR_SIZE;
    rows.faults = &faults;
    for (auto& column : chunk.data) rows.slots.push_back(&column);
    return rows;
  }
  duckdb::vector<duckdb::LogicalType> types;
  duckdb::DataChunk chunk;
  duckdb::Vector faults;
  std::vector<uint64_t> address;
};

void decode_all(benchmark::State& state, JsonOptions::Layout layout, const std::string& text,
                const std::vector<Slot>& slots) {
  JsonOptions options;
  options.layout = layout;
  const auto format = make_json_format(options, slots);
  const auto blocks = cut(*format->make_splitter(), text);
  Chunk chunk(slots);
  size_t records = 0;
  for (auto _ : state) {
    const auto decoder = format->make_decoder();
    for (const auto& block : blocks) {
      decoder->start(block);
      for (;;) {
        DecodedRows rows = chunk.rows();
        const size_t count = decoder->decode(STANDARD_VECTOR_SIZE, rows);
        if (count == 0) break;
        records += count;
      }
    }
  }
  state.SetBytesProcessed(static_cast<int64_t>(text.size() * state.iterations()));
  state.counters["records"] = benchmark::Counter(static_cast<double>(records), benchmark::Counter::kIsRate);
}

void split_all(benchmark::State& state, JsonOptions::Layout layout, const std::string& text) {
  JsonOptions options;
  options.layout = layout;
  const auto format = make_json_format(options, {});
  std::string piece(kPiece + kBlockPadding, '\0');
  for (auto _ : state) {
    const auto splitter = format->make_splitter();
    for (size_t offset = 0; offset < text.size();) {
      const size_t size = std::min(kPiece, text.size() - offset);
      const auto found = splitter->split({text.data() + offset, size}, 0, offset + size == text.size());
      if (!found || found->bytes == 0) std::abort();
      offset += found->bytes;
    }
  }
  state.SetBytesProcessed(static_cast<int64_t>(text.size() * state.iterations()));
}

using enum JsonOptions::Layout;

void BM_reviews_lines(benchmark::State& state) { decode_all(state, lines, reviews(), review_slots()); }
// They have neither true, false nor null: to Python they are literals.
void BM_reviews_literals(benchmark::State& state) { decode_all(state, literals, reviews(), review_slots()); }
void BM_reviews_stream(benchmark::State& state) { decode_all(state, values, reviews(), review_slots()); }
void BM_reviews_array(benchmark::State& state) { decode_all(state, values, reviews_array(), review_slots()); }
void BM_reviews_two_fields(benchmark::State& state) {
  decode_all(state, lines, reviews(), {slot("asin", "text"), slot("overall", "numeric(2,1)")});
}
void BM_reviews_whole(benchmark::State& state) {
  decode_all(state, lines, reviews(), {{{Path{}}, {Kind::json}, false, ""}});
}
void BM_split_lines(benchmark::State& state) { split_all(state, lines, reviews()); }
void BM_split_stream(benchmark::State& state) { split_all(state, values, reviews()); }
void BM_split_array(benchmark::State& state) { split_all(state, values, reviews_array()); }

BENCHMARK(BM_reviews_lines)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_reviews_literals)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_reviews_stream)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_reviews_array)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_reviews_two_fields)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_reviews_whole)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_split_lines)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_split_stream)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_split_array)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ingot
