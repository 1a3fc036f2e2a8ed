#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/temp_dir.h"
#include "engine/run.h"
#include "spec/pipeline.h"

namespace ingot {

/// What the commands that work on a pipeline share.
struct PipelineArguments {
  std::vector<std::string> files;
  std::vector<std::string> sets;  ///< `path=value`
  std::string environment;
  bool json = false;
  bool quiet = false;
  std::string memory_limit = "1GiB";
  std::string temp_dir;
  unsigned threads = 0;
  bool create = false;
  bool replan = false;
  bool strict = false;
  std::vector<std::string> reload;
  std::optional<uint64_t> record_limit;  ///< `--limit`
  bool full_refresh = false;
  bool yes = false;
  bool reinfer = false;
  int flatten = 0;
  std::optional<ReplayOptions> replay;  ///< `rejects replay`
};

/// Splits `path=value`. Error usage.
Result<std::vector<Override>> parse_overrides(const std::vector<std::string>& sets);

/// Parses `512MB`, `1GiB`, `2g`, … Errors: usage, also below the least that works.
Result<uint64_t> parse_bytes(const std::string& text);

/// Makes run options out of the arguments; the temporary directory is made (see TempDir).
Result<RunOptions> run_options(const PipelineArguments& arguments, const std::string& temp_dir);

/// A pipeline ready to be planned or run.
struct Prepared {
  TempDir temp_dir;
  RunOptions options;
  Pipeline pipeline;
};

/// Loads `file` with what the command line says. Nothing: it was reported, and `exit_code` is set.
std::optional<Prepared> prepare(const PipelineArguments& arguments, const std::string& file,
                                const std::vector<Override>& overrides, int& exit_code);

/// Calls `use` with each file once it is prepared, whatever became of those before it. `use` returns an exit code;
/// returned is the first that is not 0, of those that were reported here, too.
int for_each_file(const PipelineArguments& arguments,
                  const std::function<int(const std::string& file, const Prepared& prepared)>& use);

}  // namespace ingot
