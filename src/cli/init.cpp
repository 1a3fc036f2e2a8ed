#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <filesystem>

#include "cli/ad_hoc_pipeline.h"
#include "cli/commands.h"
#include "cli/new_file.h"
#include "cli/render.h"
#include "cli/saved_connection.h"
#include "cli/stop_signal.h"
#include "core/url.h"
#include "engine/find_contract.h"
#include "transcript/open_source.h"

namespace ingot {

namespace {

namespace fs = std::filesystem;

// As the pipeline's folder sees them.
std::vector<std::string> paths_from(const std::vector<std::string>& files, const std::string& output) {
  const fs::path here = fs::current_path();
  const fs::path folder = output.empty() ? here : fs::absolute(output).parent_path().lexically_normal();
  if (folder == here) return files;
  std::vector<std::string> paths;
  for (const std::string& file : files) {
    const bool as_it_is = file == "-" || fs::path(file).is_absolute() || !scheme_of(file).empty();
    paths.push_back(as_it_is ? file : fs::absolute(file).lexically_normal().lexically_relative(folder).string());
  }
  return paths;
}

Result<AdHocPipeline> describe_init(FileArguments arguments) {
  AdHocPipeline pipeline;
  // A file's name is the pipeline's, where it can be.
  const std::string stem = fs::path(arguments.output).stem().string();
  if (pipeline_name_for(stem) != stem) pipeline.name = pipeline_name_for(stem);
  if (pipeline.table = arguments.table; pipeline.table.empty()) {
    INGOT_ASSIGN(pipeline.table, table_for(arguments.files));
  }
  if (arguments.format.empty()) INGOT_TRY(name_only_members(arguments.files));
  pipeline.paths = paths_from(arguments.files, arguments.output);
  INGOT_TRY(describe_reading(pipeline, arguments));
  pipeline.file_format = arguments.file_format;
  pipeline.mode = arguments.mode;
  pipeline.key = arguments.key;
  if (!arguments.to.empty()) {
    INGOT_ASSIGN(pipeline.connection,
                 saved_connection(arguments.to, arguments.output.empty() ? "pipeline.yaml" : arguments.output));
  }
  return pipeline;
}

int report_all(const std::vector<Error>& errors, bool json) {
  for (const Error& error : errors) report_error(error, json);
  return describe(errors.front().code).exit_code;
}

}  // namespace

int init_command(const FileArguments& arguments) {
  const auto refuse = [&](const Error& error) { return report_error(error, arguments.json); };
  const auto described = describe_init(arguments);
  if (!described) return refuse(described.error());
  if (!arguments.output.empty()) {
    if (const Status free = check_new_file(arguments.output); !free) return refuse(free.error());
  }
  const auto temp_dir = TempDir::make(arguments.temp_dir);
  if (!temp_dir) return refuse(temp_dir.error());
  const auto options = run_options(arguments, temp_dir->path());
  if (!options) return refuse(options.error());
  const std::string file = arguments.output.empty() ? pipeline_name_for(described->table) + ".yaml" : arguments.output;
  const auto pipeline = parse_pipeline(described->yaml(nullptr), file, {}, arguments.environment);
  if (!pipeline) return report_all(pipeline.error(), arguments.json);

  const auto source = open_source(pipeline->from, pipeline->base_dir, options->resources.temp_dir);
  Progress progress;
  std::atomic<bool> cancelled{false};
  StopSignal stop([&] { cancelled = true; });
  const auto found = infer_without_target(
      pipeline->from, *source, {options->resources.memory_bytes, options->resources.threads, options->flatten},
      progress, cancelled);
  if (!found) return refuse(found.error());
  const std::string text = described->yaml(&*found->inferred);
  // The key, for one, must be a column.
  if (const auto whole = parse_pipeline(text, file, {}, arguments.environment); !whole)
    return report_all(whole.error(), arguments.json);
  if (arguments.output.empty()) {
    fmt::print("{}", text);
    return 0;
  }
  if (const Status written = write_new_file(arguments.output, text); !written) return refuse(written.error());
  if (!arguments.quiet) {
    fmt::print("{}: {} column{} from {} record{}  →  ingot run {}\n", arguments.output, found->inferred->columns.size(),
               found->inferred->columns.size() == 1 ? "" : "s", grouped(found->records), found->records == 1 ? "" : "s",
               arguments.output);
  }
  return 0;
}

}  // namespace ingot
