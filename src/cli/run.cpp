#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "cli/commands.h"
#include "cli/progress_display.h"
#include "cli/render.h"
#include "cli/run_prepared.h"
#include "cli/stop_signal.h"

namespace ingot {

namespace {

constexpr size_t kGroupsShown = 5;

void print_reject_groups(const std::vector<RejectGroup>& groups, const char* indent) {
  for (size_t i = 0; i < groups.size() && i < kGroupsShown; ++i) {
    fmt::print("{}{}\n", indent, reject_line(groups[i]));
    if (const std::string hint = reject_hint(groups[i]); !hint.empty()) fmt::print("{}  hint: {}\n", indent, hint);
  }
  if (groups.size() > kGroupsShown) fmt::print("{}… and {} more kinds\n", indent, groups.size() - kGroupsShown);
}

void print_parts(const PartsReport& parts) {
  fmt::print("  {}: {} part{} committed, {}\n", parts.name, grouped(parts.committed), parts.committed == 1 ? "" : "s",
             parts.complete ? std::string("to its end")
                            : fmt::format("to byte {} (line {}); the next run goes on there", grouped(parts.to_byte),
                                          grouped(parts.to_line)));
}

// What is typed after `ingot rejects show r7` to reach the ledger of this run.
std::string ledger_of(const PipelineArguments& arguments, const std::string& file) {
  std::string words = file;
  if (!arguments.environment.empty()) words += " --env " + arguments.environment;
  for (const std::string& set : arguments.sets) {
    // A URL given on the command line may hold a password.
    if (set.rfind("to.connection=", 0) == 0)
      words += set.find("://") == std::string::npos ? " --set " + set : " --set to.connection=…";
  }
  return words;
}

void print_report(const PipelineArguments& arguments, const Pipeline& pipeline, const std::string& ledger,
                  const RunReport& report) {
  for (const std::string& table : report.created)
    fmt::print("table {} created in {}\n", table, pipeline.connection.label);
  fmt::print("{}", added_lines(report.added));
  for (const std::string& statement : report.altered) fmt::print("altered: {}\n", statement);
  if (!report.created.empty()) fmt::print("{}", known_stay_out(report.known - report.same_content));
  if (report.resumed && !report.error) fmt::print("what an earlier run had left was completed first\n");
  if (report.units > 0 || report.books.read > 0) {
    fmt::print("{}  {:.1f} s\n", equation(report.books),
               report.seconds.count("total") ? report.seconds.at("total") : 0.0);
    if (report.refresh) fmt::print("  full refresh: in the place of all that was loaded before\n");
    fmt::print("{}{}", limit_line(report), ignored_line(report));
    fmt::print("{}", unfed_line(report));
    if (report.tables.size() > 1) {
      for (const auto& [name, books] : report.tables) fmt::print("  {}: {}\n", name, equation(books));
    }
  } else if (report.state == "nothing_new" && arguments.replay) {
    fmt::print("nothing to replay: no such reject of pipeline {} is open\n", pipeline.name);
  } else if (!report.error && report.failed.empty()) {
    if (report.listed == 0) fmt::print("no input: no file matches any more\n");
    fmt::print("nothing new: {} file{} known, none loaded\n", grouped(report.known), report.known == 1 ? "" : "s");
  } else {
    fmt::print("nothing was loaded\n");
  }
  fmt::print("{}", missing_line(report.missing));
  if (report.same_content > 0) {
    fmt::print("  {} file{} known by content: same_content: skip (ingot plan names them before a run)\n",
               grouped(report.same_content), report.same_content == 1 ? "" : "s");
  }
  if (report.retried > 0) {
    fmt::print("{} transaction{} tried again: others were in the way\n", grouped(report.retried),
               report.retried == 1 ? " was" : "s were");
  }
  for (const PartsReport& parts : report.parts) print_parts(parts);
  for (const ModelReport& model : report.models) fmt::print("{}\n", model_line(model));
  print_reject_groups(report.rejects, "  ");
  if (report.books.rejected > 0) fmt::print("  →  ingot rejects show r{} {}\n", report.run, ledger);
  for (const FailedUnit& failed : report.failed) {
    fmt::print("not loaded: {}: {}\n", failed.name, failed.error.message);
    print_reject_groups(failed.examples, "  ");
  }
}

// Says what stands in the target after a run that did not end well.
void print_aftermath(const RunReport& report) {
  if (!report.error || report.run == 0) return;
  const bool again = report.error->code == Code::interrupted || describe(report.error->code).retryable;
  const bool at_source = report.error->code == Code::source_unreadable;  // again it is the same, until it is mended
  size_t of_begun = 0;
  for (const PartsReport& parts : report.parts) of_begun += parts.complete ? 0 : parts.committed;
  const std::string files = fmt::format("{} file{}", report.units, report.units == 1 ? "" : "s");
  const std::string parts = fmt::format("{} part{} of a file", of_begun, of_begun == 1 ? "" : "s");
  if (report.units + of_begun > 0) {
    fmt::print(stderr, "  {}{}{} {} committed before that; nothing else was changed{}\n", report.units > 0 ? files : "",
               report.units > 0 && of_begun > 0 ? " and " : "", of_begun > 0 ? parts : "",
               report.units + of_begun == 1 ? "was" : "were", again ? "; run again to go on" : "");
  } else if (report.models.empty()) {
    fmt::print(stderr, "  no rows were changed in the target{}\n", again && !at_source ? "; run again to go on" : "");
  }
}

int run_file(const PipelineArguments& arguments, const std::string& file, const std::vector<Override>& overrides) {
  int exit_code = 0;
  auto prepared = prepare(arguments, file, overrides, exit_code);
  if (!prepared) return exit_code;
  prepared->options.on_contract = [&](const Pipeline&, const FoundContract& contract) {
    if (contract.inferred && !arguments.json && !arguments.quiet) print_inferred(contract);
    return Status{};
  };
  return run_prepared(arguments, *prepared, ledger_of(arguments, file));
}

}  // namespace

int run_prepared(const PipelineArguments& arguments, const Prepared& prepared, const std::string& ledger) {
  const Pipeline& pipeline = prepared.pipeline;
  RunReport report;
  {
    Runner runner(pipeline, prepared.options);
    StopSignal stop([&] { runner.stop(); });
    using Style = ProgressDisplay::Style;
    const Style style = arguments.quiet                              ? Style::none
                        : !arguments.json && ::isatty(STDERR_FILENO) ? Style::bar
                                                                     : Style::json;
    ProgressDisplay display(runner, pipeline, style, arguments.json);
    report = runner.run();
  }
  if (arguments.json) {
    fmt::print("{}\n", report_json(report, pipeline.name));
  } else if (!arguments.quiet) {
    print_report(arguments, pipeline, ledger, report);
  }
  std::fflush(stdout);
  if (!report.error) return 0;
  if (report.mistakes.empty()) fmt::print(stderr, "{}\n", report.error->to_string());
  for (const Error& mistake : report.mistakes) fmt::print(stderr, "{}\n", mistake.to_string());
  if (!arguments.quiet) print_aftermath(report);
  return describe(report.error->code).exit_code;
}

int run_command(const PipelineArguments& arguments) {
  const auto overrides = parse_overrides(arguments.sets);
  if (!overrides) return report_error(overrides.error(), arguments.json);
  for (size_t i = 0; i < arguments.files.size(); ++i) {
    const int code = run_file(arguments, arguments.files[i], *overrides);
    if (code == 0) continue;
    for (size_t k = i + 1; k < arguments.files.size(); ++k) fmt::print(stderr, "not run: {}\n", arguments.files[k]);
    return code;
  }
  return 0;
}

}  // namespace ingot
