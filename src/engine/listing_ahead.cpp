#include "engine/listing_ahead.h"

#include <algorithm>
#include <filesystem>

#include "engine/pipeline_parts.h"

namespace ingot {

namespace {

constexpr std::chrono::seconds kFresh{2};

bool is_pipe(const std::string& path, const std::string& base_dir) {
  std::error_code unseen;
  return path == kStdin || std::filesystem::is_fifo(std::filesystem::path(base_dir) / path, unseen);
}

}  // namespace

void ListingAhead::begin(Source& source, const Pipeline& pipeline) {
  const auto& paths = pipeline.from.paths;
  if (std::any_of(paths.begin(), paths.end(), [&](const auto& path) { return is_pipe(path, pipeline.base_dir); }))
    return;
  begun_ = std::chrono::steady_clock::now();
  listed_ = std::async(std::launch::async, [&source] { return source.list(); });
}

// A listing that itself takes longer is as fresh as any other when it has just ended.
Result<std::vector<Unit>> ListingAhead::take(Source& source) {
  if (!listed_.valid()) return source.list();
  const bool late = std::chrono::steady_clock::now() - begun_ > kFresh;
  const bool over = listed_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  auto listed = listed_.get();
  return late && over ? source.list() : std::move(listed);
}

}  // namespace ingot
