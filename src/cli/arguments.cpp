#include "cli/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "cli/commands.h"
#include "core/byte_count.h"

namespace ingot {

namespace {

constexpr uint64_t kLeastMemory = uint64_t{128} << 20;

}  // namespace

Result<std::vector<Override>> parse_overrides(const std::vector<std::string>& sets) {
  std::vector<Override> overrides;
  for (const std::string& set : sets) {
    const size_t equals = set.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(Code::usage, fmt::format("--set wants path=value, not \"{}\"", set), "e.g. --set to.table=products");
    }
    overrides.push_back({set.substr(0, equals), set.substr(equals + 1)});
  }
  return overrides;
}

Result<uint64_t> parse_bytes(const std::string& text) {
  const auto bytes = parse_byte_count(text);
  if (!bytes) return fail(Code::usage, fmt::format("not a number of bytes: \"{}\"", text), "e.g. 512MiB or 2GiB");
  if (*bytes < kLeastMemory) {
    return fail(Code::usage, fmt::format("--memory-limit {} is too little", text), "at least 128MiB");
  }
  return *bytes;
}

Result<RunOptions> run_options(const PipelineArguments& arguments, const std::string& temp_dir) {
  if (arguments.record_limit == 0) return fail(Code::usage, "--limit 0 would load nothing", "at least 1");
  RunOptions options;
  INGOT_ASSIGN(options.resources.memory_bytes, parse_bytes(arguments.memory_limit));
  options.resources.threads = arguments.threads;
  options.resources.temp_dir = temp_dir;
  options.create = arguments.create;
  options.replan = arguments.replan;
  options.strict = arguments.strict;
  options.replay = arguments.replay;
  options.reload = arguments.reload;
  options.full_refresh = arguments.full_refresh;
  options.yes = arguments.yes;
  options.record_limit = arguments.record_limit.value_or(0);
  options.reinfer = arguments.reinfer;
  options.flatten = arguments.flatten;
  // For tests: many small chunks must give what few large ones give.
  if (const char* rows = std::getenv("INGOT_CHUNK_ROWS"))
    options.chunk_rows = std::max(1UL, std::strtoul(rows, nullptr, 10));
  // And several connections what one gives, on any machine.
  if (const char* connections = std::getenv("INGOT_CONNECTIONS"))
    options.connections = std::strtoul(connections, nullptr, 10);
  return options;
}

std::optional<Prepared> prepare(const PipelineArguments& arguments, const std::string& file,
                                const std::vector<Override>& overrides, int& exit_code) {
  const auto refuse = [&](const Error& error) {
    exit_code = report_error(error, arguments.json);
    return std::nullopt;
  };
  auto temp_dir = TempDir::make(arguments.temp_dir);
  if (!temp_dir) return refuse(temp_dir.error());
  auto options = run_options(arguments, temp_dir->path());
  if (!options) return refuse(options.error());
  auto pipeline = load_pipeline(file, overrides, arguments.environment);
  if (!pipeline) {
    for (const Error& error : pipeline.error()) report_error(error, arguments.json);
    exit_code = describe(pipeline.error().front().code).exit_code;
    return std::nullopt;
  }
  return Prepared{std::move(*temp_dir), std::move(*options), std::move(*pipeline)};
}

int for_each_file(const PipelineArguments& arguments,
                  const std::function<int(const std::string& file, const Prepared& prepared)>& use) {
  const auto overrides = parse_overrides(arguments.sets);
  if (!overrides) return report_error(overrides.error(), arguments.json);
  int exit_code = 0;
  for (const std::string& file : arguments.files) {
    int code = 0;
    const auto prepared = prepare(arguments, file, *overrides, code);
    if (prepared) code = use(file, *prepared);
    if (exit_code == 0) exit_code = code;
  }
  return exit_code;
}

}  // namespace ingot
