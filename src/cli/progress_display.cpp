#include "cli/progress_display.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/render.h"

namespace ingot {

namespace {

using std::chrono::steady_clock;
using Json = nlohmann::ordered_json;
constexpr auto kPoll = std::chrono::milliseconds(50);
constexpr double kBarSeconds = 0.2;
constexpr double kJsonSeconds = 2.0;
constexpr int kBarWidth = 24;

}  // namespace

ProgressDisplay::ProgressDisplay(const Runner& runner, const Pipeline& pipeline, Style style, bool json_to_stdout)
    : runner_(runner),
      pipeline_(pipeline.name),
      limit_(pipeline.max_rows_per_second),
      style_(style),
      json_to_stdout_(json_to_stdout) {
  if (style_ != Style::none) thread_ = std::thread([this] { show(); });
}

ProgressDisplay::~ProgressDisplay() {
  {
    std::lock_guard lock(mutex_);
    done_ = true;
  }
  ended_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void ProgressDisplay::show() {
  const auto start = steady_clock::now();
  double last = 0;
  const double every = style_ == Style::bar ? kBarSeconds : kJsonSeconds;
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, kPoll, [this] { return done_; })) {
    const double seconds = std::chrono::duration<double>(steady_clock::now() - start).count();
    if (seconds - last < every) continue;
    last = seconds;
    style_ == Style::bar ? draw_bar(seconds) : print_json(seconds);
  }
  if (style_ == Style::bar && last > 0) std::fputs("\r\033[K", stderr);
}

void ProgressDisplay::draw_bar(double seconds) const {
  const RunProgress& progress = runner_.progress();
  const uint64_t total = progress.total_bytes;
  const uint64_t read = std::min<uint64_t>(progress.committed_bytes + progress.pass.stored_bytes, total);
  const double share = total > 0 ? static_cast<double>(read) / static_cast<double>(total) : 0;
  const int filled = static_cast<int>(share * kBarWidth);
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i) bar += i < filled ? "█" : "░";
  const double rate = static_cast<double>(progress.committed_records + progress.pass.records) / seconds;
  std::string line = fmt::format("{} {:3.0f}%  {} of {}  {} rows/s", bar, share * 100, human_bytes(read),
                                 human_bytes(total), grouped(static_cast<uint64_t>(rate)));
  if (limit_ > 0) line += fmt::format(" (at most {})", grouped(limit_));
  if (share > 0.01 && share < 1) line += fmt::format("  {:.0f} s left", seconds / share - seconds);
  if (progress.pass.rejected > 0) line += fmt::format("  {} rejected", grouped(progress.pass.rejected));
  if (share >= 1 && progress.committed_units < progress.total_units) line += "  waiting for the target";
  fmt::print(stderr, "\r\033[K{}", line);
  std::fflush(stderr);
}

void ProgressDisplay::print_json(double seconds) const {
  const RunProgress& progress = runner_.progress();
  const Json json = {{"event", "progress"},
                     {"pipeline", pipeline_},
                     {"seconds", seconds},
                     {"stored_bytes", progress.committed_bytes + progress.pass.stored_bytes},
                     {"total_bytes", progress.total_bytes.load()},
                     {"max_rows_per_second", limit_ > 0 ? Json(limit_) : Json()},
                     {"records", progress.committed_records + progress.pass.records},
                     {"rejected", progress.pass.rejected.load()},
                     {"committed_units", progress.committed_units.load()},
                     {"total_units", progress.total_units.load()}};
  std::FILE* out = json_to_stdout_ ? stdout : stderr;
  fmt::print(out, "{}\n", json.dump());
  std::fflush(out);
}

}  // namespace ingot
