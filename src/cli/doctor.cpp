#include "engine/doctor.h"

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/json_text.h"

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
  print_json_line(json);
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
  return for_each_file(arguments, [&](const std::string& file, const Prepared& prepared) {
    return print_findings(arguments, file, examine(prepared.pipeline, prepared.options));
  });
}

}  // namespace ingot
