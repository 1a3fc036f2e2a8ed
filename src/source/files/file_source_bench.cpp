#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>

#include "source/files/files_test.h"

namespace ingot {

namespace {

constexpr size_t kTextBytes = 64 << 20;

// A folder that goes with the process's end.
struct Sandbox {
  Sandbox() { ::mkdtemp(folder.data()); }
  ~Sandbox() { std::filesystem::remove_all(folder); }
  std::string folder = "/tmp/ingot-bench-XXXXXX";
};

void read_stored(benchmark::State& state, const std::string& stored) {
  const Sandbox sandbox;
  const std::string path = sandbox.folder + "/f";
  std::ofstream(path, std::ios::binary) << stored;
  std::string buffer(4 << 20, 0);
  const auto source = make_file_source({path}, "", "/tmp");
  for (auto _ : state) {
    const auto reader = source->open({path, path, {}});
    while (*(*reader)->read(buffer.data(), buffer.size()) > 0) {
    }
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * kTextBytes));
}

void plain(benchmark::State& state) { read_stored(state, sample_text(kTextBytes)); }
void gzipped(benchmark::State& state) { read_stored(state, gzip(sample_text(kTextBytes))); }
void zstandard(benchmark::State& state) { read_stored(state, zstd(sample_text(kTextBytes))); }

// What gunzip is measured against.
void zlib(benchmark::State& state) {
  const Sandbox sandbox;
  const std::string path = sandbox.folder + "/f";
  std::ofstream(path, std::ios::binary) << gzip(sample_text(kTextBytes));
  std::string buffer(4 << 20, 0);
  for (auto _ : state) {
    const gzFile file = gzopen(path.c_str(), "rb");
    gzbuffer(file, 128 << 10);
    while (gzread(file, buffer.data(), static_cast<unsigned>(buffer.size())) > 0) {
    }
    gzclose(file);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * kTextBytes));
}

void make_files(const std::string& folder, int64_t count, const std::string& content) {
  for (int64_t i = 0; i < count; ++i) {
    const std::string path = folder + "/some-file-name-" + std::to_string(i) + ".json";
    const int file = ::open(path.c_str(), O_CREAT | O_WRONLY, 0600);
    if (::write(file, content.data(), content.size()) < 0) std::abort();
    ::close(file);
  }
}

void list(benchmark::State& state) {
  const Sandbox sandbox;
  make_files(sandbox.folder, state.range(0), "");
  const auto source = make_file_source({"*.json"}, sandbox.folder, "/tmp");
  for (auto _ : state) benchmark::DoNotOptimize(source->list());
}

void read_small(benchmark::State& state, const std::string& content) {
  const Sandbox sandbox;
  make_files(sandbox.folder, state.range(0), content);
  const auto source = make_file_source({"*"}, sandbox.folder, "/tmp");
  const auto units = source->list();
  std::string buffer(64 << 10, 0);
  for (auto _ : state) {
    for (const Unit& unit : *units) {
      const auto reader = source->open(unit);
      while (*(*reader)->read(buffer.data(), buffer.size()) > 0) {
      }
      benchmark::DoNotOptimize((*reader)->content_hash());
    }
  }
}

BENCHMARK(plain)->Unit(benchmark::kMillisecond);
BENCHMARK(gzipped)->Unit(benchmark::kMillisecond);
BENCHMARK(zlib)->Unit(benchmark::kMillisecond);
BENCHMARK(zstandard)->Unit(benchmark::kMillisecond);
BENCHMARK(list)->Arg(20'000)->Arg(200'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_small, plain, sample_text(800))->Arg(20'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_small, gzip, gzip(sample_text(800)))->Arg(20'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_small, zstd, zstd(sample_text(800)))->Arg(20'000)->Unit(benchmark::kMillisecond);

}  // namespace

}  // namespace ingot
