#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/open_ledger.h"
#include "cli/render.h"
#include "cli/stop_signal.h"

namespace ingot {

namespace {

void print_undone(const Undone& done, const std::string& run, bool json) {
  if (json) {
    const nlohmann::ordered_json object = {
        {"undone", run},           {"files", done.units},         {"inserted", done.inserted},
        {"deleted", done.deleted}, {"discarded", done.discarded}, {"reopened", done.reopened}};
    fmt::print("{}\n", object.dump());
    return;
  }
  fmt::print("{} row{} of {} file{} deleted, which {} not known any more: the next run loads {} again\n",
             grouped(done.deleted), done.deleted == 1 ? "" : "s", grouped(done.units), done.units == 1 ? "" : "s",
             done.units == 1 ? "is" : "are", done.units == 1 ? "it" : "them");
  if (done.discarded > 0) fmt::print("{} rejects of theirs discarded\n", grouped(done.discarded));
  if (done.reopened > 0) fmt::print("{} rejects open again\n", grouped(done.reopened));
}

}  // namespace

int undo_command(const PipelineArguments& arguments, const std::string& run, bool force) {
  const auto number = run_number(run);
  if (!number) return report_error(number.error(), arguments.json);
  const auto overrides = parse_overrides(arguments.sets);
  if (!overrides) return report_error(overrides.error(), arguments.json);
  int exit_code = 0;
  auto prepared = prepare(arguments, arguments.files.front(), *overrides, exit_code);
  if (!prepared) return exit_code;
  Runner runner(std::move(prepared->pipeline), prepared->options);
  StopSignal stop([&] { runner.stop(); });
  const auto done = runner.undo(*number, force);
  if (!done) return report_error(done.error(), arguments.json);
  print_undone(*done, fmt::format("r{}", *number), arguments.json);
  return 0;
}

}  // namespace ingot
