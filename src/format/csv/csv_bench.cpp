// Splits and decodes the products file. CSV_BENCH_FILE names another one; its header decides the columns (all text).
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "format/csv/decoder.h"
#include "format/csv/record.h"
#include "format/csv/unit_for_test.h"
#include "types/exact.h"

namespace ingot::csv {
namespace {

constexpr size_t kBlockBytes = 1 << 20;

const std::string& file_bytes() {
  static const std::string bytes = [] {
    const char* name = std::getenv("CSV_BENCH_FILE");
    std::ifstream file(name != nullptr ? name : "/tmp/benchdata/data/products.csv", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  return bytes;
}

/// Four typed columns, 400,000 short rows, unquoted.
const std::string& numbers() {
  static const std::string bytes = [] {
    std::string text = "a,b,c,d\n";
    for (int i = 0; i < 400000; ++i) {
      text += std::to_string(i) + ',' + std::to_string(i % 977) + ".25,2024-0" + std::to_string(1 + i % 9) + "-11," +
              std::to_string(i * 7919ll) + '\n';
    }
    return text;
  }();
  return bytes;
}

std::shared_ptr<Wanted> wanted_of(const std::string& bytes) {
  return text_columns(read_record(bytes, {}, true).fields);
}

void split(benchmark::State& state, const std::string& bytes, Classify classify) {
  if (bytes.empty()) return state.SkipWithError("no file");
  const auto wanted = wanted_of(bytes);
  for (auto _ : state) {
    const auto splitter = make_splitter(wanted, classify);
    for (size_t at = 0; at < bytes.size();) {
      const size_t size = std::min(kBlockBytes, bytes.size() - at);
      const auto cut = splitter->split({bytes.data() + at, size}, 0, at + size == bytes.size());
      at += cut->bytes;
    }
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}

void decode(benchmark::State& state, const std::string& bytes, const std::shared_ptr<Wanted>& wanted) {
  if (bytes.empty()) return state.SkipWithError("no file");
  const auto blocks = *cut_unit(bytes, kBlockBytes, wanted);
  duckdb::vector<duckdb::LogicalType> types;
  for (const Slot& slot : wanted->slots) types.push_back(duckdb_type(slot.type));
  duckdb::DataChunk chunk;
  chunk.Initialize(duckdb::Allocator::DefaultAllocator(), types);
  duckdb::Vector faults(duckdb::LogicalType::BLOB);
  std::vector<uint64_t> address(3 * STANDARD_VECTOR_SIZE);
  const auto decoder = make_decoder(wanted);
  for (auto _ : state) {
    for (const auto& block : blocks) {
      decoder->start(block);
      size_t count = 0;
      do {
        chunk.Reset();
        DecodedRows rows{0,
                         address.data(),
                         address.data() + STANDARD_VECTOR_SIZE,
                         address.data() + 2 * STANDARD_VECTOR_SIZE,
                         &faults,
                         {}};
        for (duckdb::Vector& vector : chunk.data) rows.slots.push_back(&vector);
        count = decoder->decode(STANDARD_VECTOR_SIZE, rows);
      } while (count > 0);
    }
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}

void csv_split_products(benchmark::State& state) { split(state, file_bytes(), best_classify()); }
void csv_split_products_plain(benchmark::State& state) { split(state, file_bytes(), classify_plain); }
void csv_split_numbers(benchmark::State& state) { split(state, numbers(), best_classify()); }
#if defined(__x86_64__)
void csv_split_products_sse2(benchmark::State& state) { split(state, file_bytes(), classify_sse2); }
BENCHMARK(csv_split_products_sse2)->Unit(benchmark::kMillisecond);
#endif
void csv_decode_products(benchmark::State& state) { decode(state, file_bytes(), wanted_of(file_bytes())); }
void csv_decode_one_column(benchmark::State& state) {
  auto wanted = wanted_of(file_bytes());
  wanted->slots.resize(1);
  decode(state, file_bytes(), wanted);
}
void csv_decode_numbers(benchmark::State& state) {
  auto wanted = wanted_of(numbers());
  const Type types[] = {{Kind::int32}, {Kind::decimal, 9, 2}, {Kind::date}, {Kind::int64}};
  for (size_t i = 0; i < std::size(types); ++i) wanted->slots[i].type = types[i];
  decode(state, numbers(), wanted);
}
void csv_utf8_and_nul(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(exact::is_utf8(file_bytes()));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * file_bytes().size()));
}

BENCHMARK(csv_split_products)->Unit(benchmark::kMillisecond);
BENCHMARK(csv_split_products_plain)->Unit(benchmark::kMillisecond);
BENCHMARK(csv_split_numbers)->Unit(benchmark::kMillisecond);
BENCHMARK(csv_decode_products)->Unit(benchmark::kMillisecond);
BENCHMARK(csv_decode_one_column)->Unit(benchmark::kMillisecond);
BENCHMARK(csv_decode_numbers)->Unit(benchmark::kMillisecond);
BENCHMARK(csv_utf8_and_nul)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ingot::csv
