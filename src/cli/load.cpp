#include "cli/ad_hoc_pipeline.h"
#include "cli/commands.h"
#include "cli/new_file.h"
#include "cli/render.h"
#include "cli/run_prepared.h"
#include "cli/saved_connection.h"

namespace ingot {

namespace {

// What the run does, as a pipeline. Kept columns have no evidence.
Status save(AdHocPipeline pipeline, const FoundContract& contract, const std::string& file) {
  INGOT_ASSIGN(pipeline.connection, saved_connection(pipeline.connection, file));
  std::string text;
  if (contract.inferred) {
    text = pipeline.yaml(&*contract.inferred);
  } else {
    const size_t columns = contract.yaml.starts_with("columns:") ? 0 : contract.yaml.find("\ncolumns:") + 1;
    constexpr std::string_view kFrom = "from: { ", kEnd = " }\n";
    if (columns > 0) pipeline.kept = contract.yaml.substr(kFrom.size(), columns - kFrom.size() - kEnd.size());
    text = pipeline.yaml(nullptr) + contract.yaml.substr(columns);
  }
  return write_new_file(file, text);
}

// What is typed to reach the ledger again.
std::string ledger_words(const FileArguments& arguments, const Pipeline& pipeline) {
  return arguments.output.empty() ? pipeline.connection.label : arguments.output;
}

}  // namespace

int load_command(FileArguments arguments) {
  const auto refuse = [&](const Error& error) { return report_error(error, arguments.json); };
  const auto described = describe_load(arguments);
  if (!described) return refuse(described.error());
  if (!arguments.output.empty()) {
    // Before anything is done: what would be in the way, or would show a password.
    if (const auto name = saved_connection(described->connection, arguments.output); !name) return refuse(name.error());
    if (const Status free = check_new_file(arguments.output); !free) return refuse(free.error());
  }
  auto temp_dir = TempDir::make(arguments.temp_dir);
  if (!temp_dir) return refuse(temp_dir.error());
  auto options = run_options(arguments, temp_dir->path());
  if (!options) return refuse(options.error());
  auto pipeline = parse_pipeline(described->yaml(nullptr), "command line", {}, arguments.environment);
  if (!pipeline) {
    for (const Error& error : pipeline.error()) report_error(error, arguments.json);
    return describe(pipeline.error().front().code).exit_code;
  }
  options->on_contract = [&](const Pipeline&, const FoundContract& contract) -> Status {
    if (contract.inferred && !arguments.json && !arguments.quiet) print_inferred(contract);
    return arguments.output.empty() ? Status{} : save(*described, contract, arguments.output);
  };
  const std::string ledger = ledger_words(arguments, *pipeline);
  const Prepared prepared{std::move(*temp_dir), std::move(*options), std::move(*pipeline)};
  return run_prepared(arguments, prepared, ledger);
}

}  // namespace ingot
