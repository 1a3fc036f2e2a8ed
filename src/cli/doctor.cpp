#include "engine/doctor.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"

namespace ingot {

namespace {

const char* name_of(Finding::State state) {
  switch (state) {
    case Finding::State::good:
      return "good";
    case Finding::State::warning:
      return "warning";
    case Finding::State::bad:
      break;
  }
  return "bad";
}

void print_json(const std::string& file, const Finding& finding) {
  nlohmann::ordered_json json = {
      {"event", "finding"}, {"file", file}, {"state", name_of(finding.state)}, {"what", finding.what}};
  if (!finding.cure.empty()) json["cure"] = finding.cure;
  if (finding.state == Finding::State::bad) json["code"] = describe(finding.code).name;
  fmt::print("{}\n", json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void print_text(const Finding& finding) {
  const char* mark = finding.state == Finding::State::good ? "✔" : finding.state == Finding::State::warning ? "!" : "✘";
  fmt::print("  {} {}\n", mark, finding.what);
  if (!finding.cure.empty()) fmt::print("      → {}\n", finding.cure);
}

// Returns the exit code of the first finding that would fail a run; 0 if there is none.
int print_findings(const PipelineArguments& arguments, const std::string& file, const Findings& findings) {
  int exit_code = 0;
  if (!arguments.json && !arguments.quiet) fmt::print("{}\n", file);
  for (const Finding& finding : findings) {
    const bool is_bad = finding.state == Finding::State::bad;
    if (is_bad && exit_code == 0) exit_code = describe(finding.code).exit_code;
    if (arguments.quiet && !is_bad) continue;
    arguments.json ? print_json(file, finding) : print_text(finding);
  }
  return exit_code;
}

}  // namespace

int doctor_command(const PipelineArguments& arguments) {
  const auto overrides = parse_overrides(arguments.sets);
  if (!overrides) return report_error(overrides.error(), arguments.json);
  int exit_code = 0;
  for (const std::string& file : arguments.files) {
    int code = 0;
    const auto prepared = prepare(arguments, file, *overrides, code);
    if (prepared) code = print_findings(arguments, file, examine(prepared->pipeline, prepared->options));
    if (exit_code == 0) exit_code = code;
  }
  return exit_code;
}

}  // namespace ingot
