#include "models/check.h"

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/temp_dir.h"
#include "engine/engine_database.h"
#include "transform/compose.h"

namespace ingot {

namespace {

// Reports every mistake in one file; touches neither source nor target.
int check_file(const PipelineArguments& arguments, const std::string& file, EngineDatabase& engine,
               const std::vector<Override>& overrides) {
  const auto pipeline = load_pipeline(file, overrides, arguments.environment);
  if (!pipeline) {
    int exit_code = 0;
    for (const Error& error : pipeline.error()) {
      const int code = report_error(error, arguments.json);
      if (exit_code == 0) exit_code = code;
    }
    return exit_code;
  }
  std::vector<Error> mistakes = check_models(*pipeline, engine.work());
  if (!pipeline->undeclared) {
    const auto composition = compose(*pipeline, MetaValues{}, engine.work());
    if (!composition) mistakes.insert(mistakes.begin(), composition.error().begin(), composition.error().end());
  }
  if (!mistakes.empty()) {
    int exit_code = 0;
    for (const Error& error : mistakes) {
      const int code = report_error(error, arguments.json);
      if (exit_code == 0) exit_code = code;
    }
    return exit_code;
  }
  if (!arguments.quiet && !arguments.json) {
    fmt::print("{}: ok ({} table{}, to {}{})\n", file, pipeline->tables.size(), pipeline->tables.size() == 1 ? "" : "s",
               pipeline->connection.label, pipeline->undeclared ? "; columns are inferred by the first run" : "");
  }
  return 0;
}

}  // namespace

int check_command(const PipelineArguments& arguments) {
  const auto overrides = parse_overrides(arguments.sets);
  if (!overrides) return report_error(overrides.error(), arguments.json);
  const auto temp_dir = TempDir::make(arguments.temp_dir);
  if (!temp_dir) return report_error(temp_dir.error(), arguments.json);
  const auto options = run_options(arguments, temp_dir->path());
  if (!options) return report_error(options.error(), arguments.json);
  const auto engine = EngineDatabase::open(options->resources);
  if (!engine) return report_error(engine.error(), arguments.json);
  int exit_code = 0;
  for (const std::string& file : arguments.files) {
    const int code = check_file(arguments, file, **engine, *overrides);
    if (exit_code == 0) exit_code = code;
  }
  return exit_code;
}

}  // namespace ingot
